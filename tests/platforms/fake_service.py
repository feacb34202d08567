"""A service small enough to read: remembers what it was asked, and answers each verb in the real one's manner.

Run as a module it is the terminal chat on this service; its last argument is the data directory.
"""

import asyncio
import contextlib
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from pathlib import Path

from bot.core.cards import Action, Card, Code, Facts, Form, Markdown, Note, Plain, Table, Tone
from bot.core.commands import Command, not_understood
from bot.core.effects import Ask, Effect, Show
from bot.logs import start_logging
from bot.platforms.console.start import chat
from bot.platforms.signals import run
from bot.ports import Destination, JudgeUnavailable, Messenger, StoreUnavailable
from bot.usecases.visiting import NO_REPLY, Caller, Reply

CALLER = Caller("terminal", "here", "here", "ada", "Ada", "here", "UTC", is_admin=True, opens_day=True)
CLOSED = Path(sys.argv[-1], "closed")
STARTER = "def solve(x):\n    return x.grad\n"
PROMPT = """What is `x.grad` after this?

```python
x = torch.tensor([2.0, 3.0], requires_grad=True)
y = (x**2).sum()
y.backward()
```
"""
QUESTION = Card(
    "The gradient of a square",
    (Facts((("level", "easy"), ("worth", "10 points"))), Markdown(PROMPT), Note("0 answered, 0 solved")),
    actions=(Action("Answer", "answer"), Action("Try", "try"), Action("Hint, costs 2 points", "hint")),
)
BOARD = Card(
    "Season 2026-4",
    (Table(("#", "learner", "points"), (("1", "Ada \x1b[31m", "30"), ("2", "you", "15")), emphasis=1),),
)


class FakeService:
    def __init__(self) -> None:
        self.handled: list[tuple[Command, str]] = []
        self.later: dict[str, Card] = {}
        self.looked = 0

    async def handle(
        self, caller: Caller, command: Command, event_id: str, reply: Reply = NO_REPLY
    ) -> AsyncGenerator[Effect, None]:
        self.handled.append((command, event_id))
        match command:
            case Command("today"):
                yield Show(QUESTION, slot="task:7")
            case Command("practice"):
                yield Show(Card("Another question"), slot="task:8")
            case Command("answer" | "try", ""):
                yield Ask(Form("Your answer", (Markdown("Write `solve`."),), command.verb, STARTER))
            case Command("report", ""):
                yield Ask(Form("What is wrong?", (), "report"))
            case Command("hint"):
                yield Ask(Form("A value", (Markdown("Type a value."),), "hint", "4", multiline=False))
            case Command("leaderboard"):
                yield Show(BOARD)
            case Command("me", ""):
                yield Show(Card("You", (Facts((("points", "15"), ("streak", "3 in a row (best 4)"))),)))
            case Command("unknown"):
                yield Show(Card("I did not understand", (Plain(not_understood(command.argument)),), Tone.WARNING))
            case Command("me", "broken store"):
                raise StoreUnavailable("The database cannot be written. Make room on the disk.")
            case Command("me", "no cell"):
                raise JudgeUnavailable("No cell could be started.")
            case Command("me", "later"):
                self.looked = 0
                self.later["comes"] = Card("A verdict from before")
                yield Show(Card("It comes later"))
            case Command("me", "bug"):
                raise ZeroDivisionError
            case Command("answer" | "try"):
                async for effect in self._judged(command):
                    yield effect
            case _:
                yield Show(Card("You said", (Plain(f"{command.verb} {command.argument!r}"),)))

    async def _judged(self, command: Command) -> AsyncGenerator[Effect, None]:
        slot = f"{'verdict' if command.verb == 'answer' else 'try'}:{len(self.handled)}"
        tone, word = (Tone.GOOD, "Accepted") if "[4, 6]" in command.argument else (Tone.BAD, "Wrong answer")
        card = Card(word, (Code(command.argument, caption="you sent"),), tone)
        if command.verb == "answer":
            self.later[slot] = card
            yield Show(Card("Running your code"), slot=slot, working=True)
            return
        yield Show(Card("Running your code"), slot=slot, working=True)
        await _run(card)
        yield Show(card, slot=slot)

    async def shown(self, slot: str, platform: str, address: str) -> None:
        assert (slot in self.later, platform, address) == (True, "terminal", "")

    async def follow(self, messenger: Messenger, slot: str) -> None:
        card = self.later.pop(slot)
        await _run(card)
        if "lost" in str(card):
            raise StoreUnavailable("The database cannot be written. Make room on the disk.")
        await messenger.deliver(Show(card, slot=slot), Destination("", "", "", ""))

    async def deliver_due(self, messenger: Messenger) -> None:
        """After ``me later`` something comes by itself, once nobody is waiting for it."""
        self.looked += 1
        if "comes" in self.later and self.looked > 2:
            await messenger.deliver(Show(self.later.pop("comes"), slot="verdict:99"), Destination("", "", "", ""))


async def _run(card: Card) -> None:
    await asyncio.sleep(60 if "slow" in str(card) else 0.01)


@contextlib.asynccontextmanager
async def open_fake(tell: Callable[[str], None]) -> AsyncIterator[FakeService]:
    tell("starting two cells…")
    if "--no-sandbox" in sys.argv:
        raise JudgeUnavailable("No sandbox can be started here.")
    await asyncio.sleep(60 if "--slow-start" in sys.argv else 0)
    tell("two cells ready")
    try:
        yield FakeService()
    finally:
        await asyncio.sleep(0.05)  # closing takes a moment, and must not be cut short
        CLOSED.touch()  # noqa: ASYNC240


if __name__ == "__main__":
    start_logging(CLOSED.with_name("chainrule.log"), "info")
    sys.exit(run(lambda signals: chat(open_fake, CALLER, CLOSED.parent, signals)))
