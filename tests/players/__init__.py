"""People who play a scripted day, each on a chat platform: what they do, and what they see of it."""

from dataclasses import dataclass
from typing import Literal, Protocol


@dataclass(frozen=True)
class Seen:
    """A message newly shown or edited: its words without any markup, and the labels of its buttons."""

    audience: Literal["public", "private"]
    text: str
    buttons: tuple[str, ...] = ()


@dataclass(frozen=True)
class ShownForm:
    """An open form: its title, the task in plain words, and what its field opens with."""

    title: str
    task: str
    initial: str


class Player(Protocol):
    """One person on one platform."""

    async def says(self, words: str, file: str = "") -> None:
        """Give a command, such as ``today`` or ``gradadmin post-now``; ``file`` is the text of an attached file."""

    async def presses(self, label: str) -> None:
        """Press a button of the newest message this person can see that has one whose label begins so."""

    async def form(self) -> ShownForm:
        """The form that is open."""

    async def fills(self, text: str, file: str = "") -> None:
        """Submit the open form."""

    async def sees(self) -> list[Seen]:
        """What is new or changed for this person since the last call, once nothing is pending any more."""
