"""Trial banks: enough to judge by at once, the rest in idle time."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.core.calendar import FIRST_QUESTION
from bot.core.personal import Seeds, is_personal, variants_seed
from bot.core.questions import SCORED_TRIALS, VARIANTS, Bank, CodeTask, Question, Trial, Unsound
from bot.core.records import QuestionVersion
from bot.ports import Clock, Judge, Store, UnitOfWork
from bot.usecases.turns import Turns
from sandbox.protocol import EXAMPLE

SHOWN_TRIALS = 16
"""Public trials among which a failing case is looked for: all there are."""
LEAST: Mapping[Bank, int] = {Bank.SCORING: SCORED_TRIALS, Bank.PUBLIC: 1}
HANDFUL: Mapping[Bank, int] = {Bank.SCORING: 8, Bank.PUBLIC: 4}
FULL: Mapping[Bank, int] = {Bank.SCORING: 256, Bank.PUBLIC: 16}
ONE: Mapping[Bank, int] = {Bank.SCORING: 1, Bank.PUBLIC: 0}
"""The bank of a question that is the same for everybody and runs no code of theirs."""
PERSONAL: Mapping[Bank, int] = {Bank.SCORING: VARIANTS, Bank.PUBLIC: 0}
CHUNK = 32
"""Draws at a time: little is lost when filling is cancelled, and an answer never waits for long."""


class QuestionUnsound(Exception):
    """No trial could be drawn: the question's own fault, in a sentence for its author."""


@dataclass(frozen=True, slots=True)
class Picked:
    """Trials for one judgement; no scoring trial was ever shown."""

    scoring: tuple[Trial, ...]
    public: tuple[Trial, ...]


class Banks:
    """Fills banks through the judge's reference cells and picks trials from them."""

    def __init__(self, store: Store, judge: Judge, clock: Clock, seeds: Seeds) -> None:
        self._store = store
        self._judge = judge
        self._seeds = seeds
        # From the clock, so that no number comes twice, in this process or a later one: a trial that was shown and
        # retired must not be drawn again.
        self._numbers = itertools.count(int(clock().timestamp() * 1_000_000))
        self._turns = Turns()
        self._touched: dict[str, QuestionVersion] = {}
        self._unsound: dict[str, str] = {}

    async def pick(self, version: QuestionVersion) -> Picked:
        """Trials to judge code by, drawing a first handful where there are too few.

        Raises :class:`QuestionUnsound` and :class:`bot.ports.JudgeUnavailable`.
        """
        picked = await self._pick(version)
        if len(picked.scoring) >= LEAST[Bank.SCORING] and len(picked.public) >= LEAST[Bank.PUBLIC]:
            return picked
        await self._top_up(version, LEAST, HANDFUL)
        return await self._pick(version)

    async def _pick(self, version: QuestionVersion) -> Picked:
        async with self._store.begin() as work:
            scoring = await work.questions.trials(version, Bank.SCORING, SCORED_TRIALS)
            public = await work.questions.trials(version, Bank.PUBLIC, SHOWN_TRIALS)
        return Picked(scoring, public)

    async def trial_of(self, version: QuestionVersion, variant: Mapping[str, str]) -> Trial:
        """The trial of a value question for one variant, the empty one where it is not personal.

        Raises :class:`QuestionUnsound` and :class:`bot.ports.JudgeUnavailable`.
        """
        size = _sizes(version.question)
        await self._top_up(version, size, size)
        found = await self._find(version, variant)
        if found is None:
            # The secret, by which the variants were chosen, is not the one the bank was drawn with.
            await self._draw(version, size)
            found = await self._find(version, variant)
        if found is None:
            raise QuestionUnsound("the variant of this learner could not be proven")
        return found

    async def _find(self, version: QuestionVersion, variant: Mapping[str, str]) -> Trial | None:
        async with self._store.begin() as work:
            return await find_trial(work, version, variant)

    async def fill(self) -> dict[str, str]:
        """Fill every bank, that of the question touched last first; what is wrong with unsound ones, by id.

        A version once found unsound is not tried, nor told of, again in this process.
        May be cancelled at any time and run again: every chunk is kept once it is drawn.
        Raises :class:`bot.ports.JudgeUnavailable`.
        """
        unsound: dict[str, str] = {}
        for goal in (HANDFUL, FULL):
            async with self._store.begin() as work:
                current = await work.questions.current()
            for version in self._in_order(current):
                if version.digest in self._unsound:
                    continue
                try:
                    await self._top_up(version, goal, goal)
                except QuestionUnsound as fault:
                    self._unsound[version.digest] = unsound[version.question.id] = str(fault)
        return unsound

    def askable(self, versions: Sequence[QuestionVersion]) -> tuple[QuestionVersion, ...]:
        """Those of ``versions`` that filling found no fault with so far."""
        return tuple(version for version in versions if version.digest not in self._unsound)

    def touch(self, version: QuestionVersion) -> None:
        """This version is being asked: its bank is the next to be filled."""
        self._touched.pop(version.digest, None)
        self._touched[version.digest] = version

    def _in_order(self, current: Sequence[QuestionVersion]) -> Iterator[QuestionVersion]:
        """What was touched last comes first, also if that happens while others are being filled."""
        rest = sorted(current, key=lambda version: (version.question.id != FIRST_QUESTION, version.question.id))
        waiting = {version.digest: version for version in (*self._touched.values(), *rest)}
        while waiting:
            touched = (digest for digest in reversed(self._touched) if digest in waiting)
            yield waiting.pop(next(touched, next(iter(waiting))))

    async def _top_up(self, version: QuestionVersion, least: Mapping[Bank, int], goal: Mapping[Bank, int]) -> None:
        """Unless there are ``least`` trials, draw until there are; what is drawn aims at ``goal``."""
        if version.question.kind != "code":
            least = goal = _sizes(version.question)
        while any((await self._lacking(version, least)).values()):
            async with self._turns.of(version.digest):
                # Whoever had the turn before may have drawn enough for both.
                if any((await self._lacking(version, least)).values()):
                    await self._draw(version, await self._lacking(version, goal))

    async def _lacking(self, version: QuestionVersion, goal: Mapping[Bank, int]) -> dict[Bank, int]:
        async with self._store.begin() as work:
            return {
                bank: max(0, size - await work.questions.count_trials(version, bank)) for bank, size in goal.items()
            }

    async def _draw(self, version: QuestionVersion, lacking: Mapping[Bank, int]) -> None:
        for bank in (Bank.PUBLIC, Bank.SCORING):
            if lacking[bank]:
                await self._draw_into(version, bank, min(lacking[bank], CHUNK))

    async def _draw_into(self, version: QuestionVersion, bank: Bank, count: int) -> None:
        """Fewer may be drawn than ``count``: some cannot tell right from wrong."""
        personal = is_personal(version.question)
        async with self._store.begin() as work:
            is_first = not await work.questions.count_trials(version, bank)
        seeds = [self._seeds(f"{version.digest}/{bank}/{next(self._numbers)}") for _ in range(count)]
        if personal:
            seeds = [variants_seed(version.digest, self._seeds)]
        elif bank is Bank.PUBLIC and is_first and _has_example(version.question):
            seeds[0] = EXAMPLE
        try:
            trials = await self._judge.draw_trials(
                version.question, seeds, with_mistakes=personal or bank is Bank.PUBLIC
            )
        except Unsound as error:
            raise QuestionUnsound(str(error)) from error
        async with self._store.begin() as work:
            await work.questions.add_trials(version, bank, trials)


async def find_trial(work: UnitOfWork, version: QuestionVersion, variant: Mapping[str, str]) -> Trial | None:
    """The trial of ``version`` for one variant, if it has been drawn."""
    trials = await work.questions.trials(version, Bank.SCORING, FULL[Bank.SCORING])
    return next((trial for trial in trials if dict(trial.inputs) == dict(variant)), None)


def _sizes(question: Question) -> Mapping[Bank, int]:
    return PERSONAL if is_personal(question) else ONE


def _has_example(question: Question) -> bool:
    return isinstance(question.task, CodeTask) and bool(question.task.example)
