"""The seams to the world beside the database, as Protocols. A clock is a callable returning aware UTC."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeAlias

from bot.core.effects import Show
from bot.core.proving.proof import Proof
from bot.core.questions import Question, Trial
from bot.core.verdicts import Verdict
from sandbox.protocol import Report

Clock: TypeAlias = Callable[[], datetime]


class StoreUnavailable(Exception):
    """The database refused or is gone; nothing was written. The message says what to do."""


class Collision(StoreUnavailable):
    """Of several transactions that waited for each other the database ended this one: it may be tried again at once."""


class RuleBroken(Exception):
    """What was to be written breaks a rule of the tables: our own fault, which no further try mends. Nothing was."""


class JudgeUnavailable(Exception):
    """No cell could judge it now: our failure. The submission stays stored and is judged later."""


class Judge(Protocol):
    """Runs code in cells and compares values outside them."""

    async def judge(self, question: Question, code: str, scoring: Sequence[Trial], public: Sequence[Trial]) -> Verdict:
        """The verdict on ``code`` by the ``scoring`` trials; a failing case is shown from ``public`` where possible."""

    async def run_example(self, question: Question, code: str, example: Trial) -> Report:
        """What ``code`` does on one public trial; compares nothing."""

    async def draw_trials(
        self, question: Question, seeds: Sequence[int], *, with_mistakes: bool = False
    ) -> tuple[Trial, ...]:
        """Fresh trials from reference cells, one per seed. Raises :class:`bot.core.questions.Unsound`.

        ``with_mistakes`` also runs the wrong answers on them. The seed :data:`sandbox.protocol.EXAMPLE` stands for the
        author's example. A personal value question gives all its variants for one seed, any other value or choice
        question its one trial.
        """

    async def prove(self, question: Question) -> Proof:
        """The proof of a question its author sent; whatever it holds runs in reference cells alone."""

    async def torch_version(self) -> str:
        """The version of torch that code runs with."""


class Undeliverable(Exception):
    """A platform will never take this message there: the channel or the person is out of reach. Says why."""


class OutcomeUnknown(Undeliverable):
    """It was sent before, and nobody can tell whether it is there: to send it again might show it twice."""


class TryLater(Exception):
    """A platform does not take a message just now; ``seconds`` is how long it asks us to wait."""

    def __init__(self, reason: str, seconds: float = 1.0) -> None:
        super().__init__(reason)
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a message goes, in the platform's own names.

    ``address`` is where its slot is shown already; empty when it is not, or when the address has expired. Without one
    a public message goes to ``channel``, any other to ``learner`` in private. ``again``: it was sent before, and nobody
    knows what came of that. ``below`` is the address of a message there that it answers; empty for none.
    """

    community: str
    channel: str
    learner: str
    address: str
    again: bool = False
    below: str = ""


class Messenger(Protocol):
    """A chat platform, as far as the outbox is concerned."""

    platform: str
    """What :class:`bot.core.records.Community` calls it."""

    async def deliver(self, show: Show, to: Destination) -> str:
        """Show a card where its slot is, else anew; the address it is at now.

        Doing it twice must look like doing it once, as far as the platform lets us. Raises :class:`Undeliverable` or
        :class:`TryLater`; anything else counts as a fault of ours, and is tried again.
        """


class Seal(Protocol):
    """Keeps addresses that let one write in another's name from whoever reads the database."""

    def close(self, text: str) -> str:
        """``text`` as it may be stored."""

    def open(self, sealed: str) -> str:
        """The text again; empty when it was sealed with another key."""
