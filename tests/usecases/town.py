"""A town to act in: the real store on a SQLite file, a judge without a sandbox, and a clock to turn."""

from __future__ import annotations

import asyncio
import contextlib
import io
import itertools
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.authoring.loading import load_folder
from bot.core.answers import Answer, read_value
from bot.core.cards import Card
from bot.core.commands import Command, parse
from bot.core.effects import Ask, Effect, Refuse, Show
from bot.core.grading import grade
from bot.core.mistakes import mistakes_on
from bot.core.personal import filled, variants
from bot.core.proving.proof import Proof, failed, passed
from bot.core.questions import (
    ChoiceTask,
    CodeTask,
    Level,
    Mistake,
    Option,
    Param,
    Question,
    Trial,
    Unsound,
    ValueTask,
    WrongAnswer,
)
from bot.core.slots import SlotKind, kind_of, number_of
from bot.core.verdicts import Verdict
from bot.platforms.console.rendering import card_parts, plain
from bot.ports import Destination, JudgeUnavailable, StoreUnavailable
from bot.repositories import Store, UnitOfWork
from bot.sealing import SecretSeal
from bot.usecases.parts import Effects
from bot.usecases.service import Caller, Reply, Service
from bot.usecases.visiting import NO_REPLY
from sandbox.protocol import Ending, Failure, Report

NOON = datetime(2026, 3, 9, 12, tzinfo=UTC)
DAY = timedelta(days=1)
SQUARE = next(
    question
    for question, _ in load_folder(Path(__file__).parents[2] / "questions").questions
    if question.id == "square-gradient"
)
DOUBLE = Question(
    id="double",
    title="Twice the number",
    level=Level.MEDIUM,
    topics=("chain-rule",),
    prompt="Write `double(x)`.",
    task=CodeTask("double", "def double(x):\n    ...\n", "", "def double(x):\n    return 2 * x\n"),
    wrong_answers=(),
    hints=("Add it.", "To itself.", "Once."),
    explanation="x + x = **2x**.",
)
SLOPE = Question(
    id="slope",
    title="The slope of a line",
    level=Level.EASY,
    topics=("linear",),
    prompt="What is the slope where x is `$b`?",
    task=ValueTask(
        "y = $a * x + $b",
        "x.grad",
        "$a * 1",
        (Param("a", ("2", "3", "5", "7")), Param("b", ("11", "13", "17", "19"))),
    ),
    wrong_answers=(WrongAnswer("$b", "The `$b` is **added**."), WrongAnswer("$a + $b", "Not $a plus $b.")),
    hints=("Look at $a.",),
    explanation="It is **$a** everywhere.",
)
LEAF = Question(
    id="leaf",
    title="Who is a leaf?",
    level=Level.EASY,
    topics=("leaf",),
    prompt="Which one is a leaf?",
    task=ChoiceTask(
        (
            Option("only `a`", "A tensor you **make** is one.", right=True),
            Option("only `b`", "`b` comes from an **operation**."),
            Option("all of them", "Then nothing would be *computed*."),
            Option("none", "Somebody made `a`."),
        ),
        "assert a.is_leaf",
        "b = a * 2",
    ),
    wrong_answers=(),
    hints=("Who made it?",),
    explanation="Leaves are **made**, not computed.",
)
RIGHT = "```python\ndef double(x):\n    return 2 * x\n```"
WRONG = "```python\ndef double(x):\n    return x\n```"


async def nothing() -> None: ...


@dataclass
class FakeJudge:
    """Runs our own few lines of Python here and lets the real grading compare; counts what it was asked."""

    available: bool = True
    sound: bool = True
    torch: str = "2.13.0+cpu"
    judged: list[str] = field(default_factory=list)
    draws: list[tuple[str, int]] = field(default_factory=list)
    with_mistakes: list[bool] = field(default_factory=list)
    proven: list[str] = field(default_factory=list)
    before_judging: Callable[[], Awaitable[None]] = nothing

    async def judge(self, question: Question, code: str, scoring: Sequence[Trial], public: Sequence[Trial]) -> Verdict:
        await self.before_judging()
        self._check()
        self.judged.append(code)
        verdict = grade(question, self._run(question, code, scoring), scoring)
        shown = grade(question, self._run(question, code, public), public)
        if verdict.accepted or shown.accepted:
            return verdict
        return replace(shown, outcome=verdict.outcome, passed=verdict.passed, total=verdict.total, spent_trial=None)

    async def run_example(self, question: Question, code: str, example: Trial) -> Report:
        self._check()
        return self._run(question, code, [example])

    async def draw_trials(
        self, question: Question, seeds: Sequence[int], *, with_mistakes: bool = False
    ) -> tuple[Trial, ...]:
        self._check()
        self.draws.append((question.id, len(seeds)))
        self.with_mistakes.append(with_mistakes)
        if not self.sound:
            raise Unsound("the solution never ends", "mend it")
        if isinstance(question.task, ChoiceTask):
            return (Trial({}, {}, {}),)
        if isinstance(question.task, ValueTask) and question.task.params:
            return tuple(_variant(question, variant) for variant in variants(question.task.params, *seeds))
        if isinstance(question.task, ValueTask):
            known = read_value(question.task.solution)
            assert isinstance(known, Answer)
            return (Trial({}, {"value": known.value}, {}),)
        trials = tuple(Trial({"x": seed}, {"result": 2 * seed}, {"result": 0.0}) for seed in seeds)
        if not with_mistakes:
            return trials
        return mistakes_on(trials, [self._run(question, wrong.answer, trials) for wrong in question.wrong_answers])

    async def torch_version(self) -> str:
        self._check()
        return self.torch

    async def prove(self, question: Question) -> Proof:
        await self.before_judging()
        self._check()
        self.proven.append(question.id)
        if self.sound:
            return Proof(question.id, (passed("solution", "does what it should"),))
        wrong = failed("solution", "the solution never ends", "mend it").at("Solution", 1)
        return Proof(question.id, (passed("format", "reads well"), wrong))

    def _check(self) -> None:
        if not self.available:
            raise JudgeUnavailable("No cell could be started.")

    def _run(self, question: Question, code: str, trials: Sequence[Trial]) -> Report:
        printed, space = io.StringIO(), dict[str, Callable[..., int]]()
        try:
            with contextlib.redirect_stdout(printed):
                exec(code, {}, space)
                observed = tuple({"result": space["double"](**trial.inputs)} for trial in trials)
        except SyntaxError as error:
            text = code.splitlines()[(error.lineno or 1) - 1]
            failure = Failure("compile", "SyntaxError", error.msg, error.lineno, text, error.offset)
            return Report(Ending.COMPLETED, failure=failure)
        except KeyError:
            return Report(Ending.COMPLETED, failure=Failure("entry", "NameError", "", names=tuple(space)))
        except TimeoutError:
            return Report(Ending.TIME_LIMIT)
        except ZeroDivisionError as error:
            assert isinstance(question.task, CodeTask)
            stage = "probe" if question.task.probe else "call"
            return Report(Ending.COMPLETED, failure=Failure(stage, "ZeroDivisionError", str(error), 2, trial=0))
        return Report(Ending.COMPLETED, observed, output=printed.getvalue())


def _variant(question: Question, variant: Mapping[str, str]) -> Trial:
    mine = filled(question, variant)
    assert isinstance(mine.task, ValueTask)
    mistakes = tuple(Mistake({"value": eval(wrong.answer)}) for wrong in mine.wrong_answers)
    return Trial(variant, {"value": eval(mine.task.solution)}, {}, mistakes=mistakes)


class Switch:
    """The real store, which can be made to refuse."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.refuses = False

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[UnitOfWork]:
        if self.refuses:
            raise StoreUnavailable("The disk is full. Make room on it.")
        async with self.store.begin() as work:
            yield work

    @asynccontextmanager
    async def read(self) -> AsyncIterator[UnitOfWork]:
        if self.refuses:
            raise StoreUnavailable("The disk is full. Make room on it.")
        async with self.store.read() as work:
            yield work

    def alone(self, name: str, waiting: Callable[[], None]) -> AbstractAsyncContextManager[asyncio.Event]:
        return self.store.alone(name, waiting)

    async def time(self) -> datetime | None:
        return await self.store.time()


def seed(text: str) -> int:
    return zlib.crc32(text.encode()) + 1


class Town:
    """Ada lives here; others move in when they first say something."""

    def __init__(self, store: Store) -> None:
        self.store = Switch(store)
        self.judge = FakeJudge()
        self.now = NOON
        self.community = "here"
        self.channel = "general"
        self._events = itertools.count(1)
        self.shown: list[tuple[Show, Destination]] = []
        self.service = self.restarted()

    def restarted(self) -> Service:
        """Another process on the same database."""
        return Service(self.store, self.judge, lambda: self.now, seed, SecretSeal(b"of the town"))

    async def asks(self, *questions: Question) -> None:
        files = [(question, f"digest of {question.id}") for question in questions]
        await self.service.load_questions(files, (), 1)

    def begin(
        self,
        text: str,
        who: str = "Ada",
        event: str = "",
        about: int | None = None,
        *,
        reply: Reply = NO_REPLY,
        is_admin: bool = True,
    ) -> Effects:
        command = Command("answer", text.removeprefix("answer ")) if text.startswith("answer ") else parse(text)
        command = replace(command, posting=about)
        caller = replace(self.caller(who), is_admin=is_admin)
        return self.service.handle(caller, command, event or f"event {next(self._events)}", reply)

    async def say(
        self, text: str, who: str = "Ada", event: str = "", about: int | None = None, *, is_admin: bool = True
    ) -> Answered:
        """What is answered, and then shown in place of what was still running."""
        effects = [effect async for effect in self.begin(text, who, event, about, is_admin=is_admin)]
        last = effects[-1]
        if isinstance(last, Show) and last.working:
            await self.service.shown(last.slot, self.platform, "")
            await self.service.follow(self, last.slot)
            effects.append(self.shown[-1][0])
        return Answered(effects)

    async def settles(self) -> None:
        """Until nothing goes on in the background."""
        while running := self.service.running:
            await asyncio.wait(running)

    async def crashes_after(self, text: str, event: str = "", reply: Reply = NO_REPLY) -> None:
        """The process ends as soon as what was said is stored, and another one begins."""
        effects = self.begin(text, event=event, reply=reply)
        await anext(effects)
        await effects.aclose()
        await self.service.close()
        self.service = self.restarted()

    platform = "terminal"
    opens_day = True

    async def deliver(self, show: Show, to: Destination) -> str:
        self.shown.append((show, to))
        return ""

    def caller(self, who: str = "Ada") -> Caller:
        return Caller(
            self.platform,
            self.community,
            "This terminal",
            who.lower(),
            who,
            self.channel,
            "Europe/Berlin",
            is_admin=True,
            opens_day=self.opens_day,
        )


@dataclass
class Answered:
    """Effects, and what a person reads of them."""

    effects: list[Effect]

    @property
    def text(self) -> str:
        return "\n".join(map(read, self.effects))

    @property
    def last(self) -> str:
        return read(self.effects[-1])

    @property
    def card(self) -> Card:
        assert isinstance(self.effects[-1], Show | Refuse)
        return self.effects[-1].card

    @property
    def posting(self) -> int:
        """The posting that was shown."""
        slots = [effect.slot for effect in self.effects if isinstance(effect, Show)]
        return next(number_of(name) for name in slots if kind_of(name) is SlotKind.TASK)


def read(effect: Effect) -> str:
    card = Card(effect.form.title, effect.form.task) if isinstance(effect, Ask) else effect.card
    return plain(card_parts(card), width=200)
