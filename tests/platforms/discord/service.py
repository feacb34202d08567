"""A service small enough to read: answers each verb in the real one's manner, and remembers what it was told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field, replace

from bot.core.cards import Action, Card, Code, Facts, Form, Markdown, Note, Plain, Table, Tone
from bot.core.commands import Command
from bot.core.effects import Ask, Effect, Refuse, Show
from bot.ports import Destination, JudgeUnavailable, StoreUnavailable
from bot.usecases.visiting import NO_REPLY, Caller, Reply

STARTER = "def solve(x):\n    return x.grad"
PROMPT = "What is `x.grad` **after** this?\n\n```python\ny = (x**2).sum()\ny.backward()\n```\n\n- one\n- two"
POSTING = Card(
    "The gradient of a square",
    (Facts((("level", "easy"), ("so far", "0 answered, 0 solved"))), Markdown(PROMPT), Note("Answer with code.")),
    actions=(Action("Answer", "answer"), Action("Try", "try"), Action("Hint", "hint"), Action("Board", "leaderboard")),
    about=7,
)
BOARD = Card("Season", (Table(("#", "learner", "points"), (("1", "Ada", "30"), ("2", "you", "15")), emphasis=1),))
RUNNING = Card("Running your code", (Note("Answer no. 91 is stored."),))


def form(verb: str, initial: str = STARTER, *, multiline: bool = True) -> Form:
    return Form(POSTING.title, POSTING.blocks, verb, initial, multiline, about=7)


def verdict(code: str) -> Card:
    tone, word = (Tone.GOOD, "Accepted") if "[4, 6]" in code else (Tone.BAD, "Wrong answer")
    actions = (Action("Fix and retry", "answer"), Action("Hint", "hint"))
    return Card(word, (Code(code, caption="You sent:"),), tone, actions, about=7)


@dataclass
class FakeService:
    """``answers`` are the effects of a verb, where a test wants others than these."""

    handled: list[tuple[Caller, Command, str, Reply]] = field(default_factory=list)
    tenants: list[tuple[str, ...]] = field(default_factory=list)
    taken: list[tuple[str, str, str]] = field(default_factory=list)
    answers: dict[str, list[Effect]] = field(default_factory=dict)

    @property
    def commands(self) -> list[Command]:
        return [command for _, command, _, _ in self.handled]

    async def handle(
        self, caller: Caller, command: Command, event_id: str, reply: Reply = NO_REPLY
    ) -> AsyncGenerator[Effect, None]:
        self.handled.append((caller, command, event_id, reply))
        await asyncio.sleep(0)
        for effect in self.answers.get(command.verb, self._answer(caller, command)):
            yield effect

    def _answer(self, caller: Caller, command: Command) -> list[Effect]:
        match command:
            case Command("today"):
                return [Show(POSTING, slot="task:7")]
            case Command("answer" | "try" | "upload", ""):
                return [Ask(form(command.verb))]
            case Command("answer", code) if "store is gone" in code:
                raise StoreUnavailable("The database cannot be written. Make room on the disk.")
            case Command("answer", code) if "no cell" in code:
                raise JudgeUnavailable("No cell could be started.")
            case Command("answer", code) if "bug" in code:
                raise ZeroDivisionError
            case Command("answer", code) if "refused" in code:
                return [Refuse("too long", Card("Too long", (Code(code),)))]
            case Command("answer"):
                return [Show(RUNNING, slot="verdict:91", working=True)]
            case Command("try"):
                return [
                    Show(replace(RUNNING, blocks=()), slot="try:1", working=True),
                    Show(verdict(command.argument), slot="try:1"),
                ]
            case Command("upload"):
                return [Show(Card("Checking your question"), slot="upload:5", working=True)]
            case Command("leaderboard"):
                return [Show(BOARD)]
            case Command("post-now") if not caller.is_admin:
                return [Show(Card("Not for you", (Plain("Only who runs this server may do that."),), Tone.WARNING))]
            case Command("solution"):
                return [Show(Card("The solution")), Show(Card("And how it came to it"))]
            case Command("practice", "nothing"):
                return []
            case _:
                return [Show(Card("You said", (Plain(f"{command.verb} {command.argument!r}"),)))]

    async def shown(self, slot: str, platform: str, address: str) -> None:
        self.taken.append((slot, platform, address))

    async def left(self, platform: str, community_id: str) -> None:
        self.tenants.append(("left", platform, community_id))

    async def joined(self, platform: str, community_id: str) -> None:
        self.tenants.append(("joined", platform, community_id))

    async def present(
        self, platform: str, community_ids: frozenset[str], among: Callable[[str], bool] = lambda _: True
    ) -> None:
        self.tenants.append(("present", platform, *community_ids))


def to(
    show: Show, *, channel: str = "", learner: str = "", address: str = "", again: bool = False
) -> tuple[Show, Destination]:
    return show, Destination("1", channel, learner, address, again)
