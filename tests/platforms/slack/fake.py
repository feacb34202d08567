"""A service small enough to read, answering in the real one's manner, and the posting it asks about."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, field, replace

from bot.core.cards import Action, Card, Code, Facts, Form, Markdown, Note, Plain, Table, Tone
from bot.core.commands import Command
from bot.core.effects import Ask, Effect, Refuse, Show
from bot.ports import Destination, StoreUnavailable
from bot.usecases.visiting import NO_REPLY, Caller, Reply

TASK = Markdown(
    "Write `solve(x)` that returns the **gradient**.\n\n- of the sum\n- of the squares\n\n"
    "```python\nx = torch.tensor([2.0, 3.0])\n```"
)
STARTER = "def solve(x):\n    return x.grad\n"
FORM = Form("Answer", (TASK,), "answer", STARTER, about=7)
SAID = Card("Said")
BUTTONS = (Action("Answer", "answer"), Action("Try", "try"), Action("Hint", "hint"), Action("Board", "leaderboard"))
POSTING = Card(
    "The gradient of a square", (Facts((("level", "easy"),)), TASK, Note("0 answered")), actions=BUTTONS, about=7
)
RUNNING = Card("Running your answer", (Note("A moment."),))
ACCEPTED = Card("Right", (Plain("All gradients agree."),), Tone.GOOD, (Action("Board", "leaderboard"),), 7)
WRONG = Card("Not yet", (Plain("Off by 2."),), Tone.BAD, (Action("Fix and retry", "answer"), Action("Hint", "hint")), 7)
BOARD = Card("The board", (Table(("#", "learner"), (("1", "Ada"), ("2", "Bob")), emphasis=1),))


@dataclass
class FakeService:
    """``stored`` holds answers by their event ids; ``shown`` where each slot is, as far as Slack has taken it."""

    handled: list[tuple[Caller, Command, str]] = field(default_factory=list)
    tenants: list[tuple[str, ...]] = field(default_factory=list)
    stored: dict[str, str] = field(default_factory=dict)
    expected: dict[str, str] = field(default_factory=dict)
    shown_at: dict[str, str] = field(default_factory=dict)
    form: Form = FORM
    pause: float = 0
    is_closed: bool = False
    card: Card = SAID
    on_shown: Callable[[str], Awaitable[None]] | None = None

    @property
    def commands(self) -> list[Command]:
        return [command for _, command, _ in self.handled]

    async def handle(
        self, caller: Caller, command: Command, event_id: str, reply: Reply = NO_REPLY
    ) -> AsyncGenerator[Effect, None]:
        self.handled.append((caller, command, event_id))
        await asyncio.sleep(self.pause)
        match command:
            case Command("answer", "") if self.is_closed:
                yield Show(Card("Nothing is open"))
                await asyncio.sleep(0.1)
            case Command("answer" | "try" | "upload", ""):
                yield Ask(replace(self.form, verb=command.verb))
            case Command("answer", text) if "half" in text:
                self._store(command, event_id, reply)
                raise StoreUnavailable("The database is gone.")
            case Command("answer", text) if "unreadable" in text:
                yield Refuse("I could not read that.", Card("I could not read that", (Code(text),)))
            case Command("answer", text) if "store gone" in text:
                raise StoreUnavailable("The database cannot be written.")
            case Command("answer", text) if "bug" in text:
                raise ZeroDivisionError
            case Command("answer" | "upload", text) if text:
                yield self._store(command, event_id, reply)
            case Command("try", _):
                yield Show(Card("Running on the example"), slot=f"try:{event_id}", working=True)
                yield Show(Card("It ran", (Code("[4., 6.]", "text"),)), slot=f"try:{event_id}")
            case Command("hint", said):
                again = Action("Show it", "hint", "yes")
                yield Show(Card(f"Hint {said}".strip(), actions=() if said else (again,), about=7))
            case Command("leaderboard"):
                yield Show(BOARD)
            case Command("today"):
                yield Show(POSTING, slot="task:7")
            case Command("post-now"):
                is_posted = caller.is_admin
                yield Show(Card("Posting it here") if is_posted else Card("Only admins may do that", (), Tone.WARNING))
            case Command("publish"):
                yield Show(Card("Published", about=7), slot="upload:5")
            case _:
                yield Show(self.card)

    def _store(self, command: Command, event_id: str, reply: Reply) -> Show:
        self.stored.setdefault(event_id, command.argument)
        number = [*self.stored].index(event_id) + 91
        slot = f"{'verdict' if command.verb == 'answer' else 'upload'}:{number}"
        self.expected[slot] = reply.address
        return Show(RUNNING, slot=slot, working=True)

    async def shown(self, slot: str, platform: str, address: str) -> None:
        assert platform == "slack"
        self.shown_at[slot] = address or self.expected[slot]
        if self.on_shown is not None:
            await self.on_shown(slot)

    def destination(self, slot: str, learner: str, channel: str = "") -> Destination:
        return Destination("T0001", channel, learner, self.shown_at.get(slot, ""))

    async def left(self, platform: str, community_id: str) -> None:
        self.tenants.append(("left", platform, community_id))

    async def joined(self, platform: str, community_id: str) -> None:
        self.tenants.append(("joined", platform, community_id))

    async def present(
        self, platform: str, community_ids: frozenset[str], among: Callable[[str], bool] = lambda _: True
    ) -> None:
        self.tenants.append(("present", platform, *community_ids))
