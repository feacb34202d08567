"""Trial banks: enough to judge by at once, the rest in idle time."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from bot.core.calendar import FIRST_QUESTION
from bot.core.questions import Bank, Trial
from bot.core.records import QuestionVersion
from bot.ports import Clock, Judge, Store
from bot.usecases.turns import Turns

Seeds: TypeAlias = Callable[[str, Bank, int], int]
"""The seed of one draw for (digest of the version, bank, number of the draw); keyed, so that nobody can foresee it."""

SCORED_TRIALS = 3
SHOWN_TRIALS = 3
"""Public trials among which a failing case is looked for."""
LEAST: Mapping[Bank, int] = {Bank.SCORING: SCORED_TRIALS, Bank.PUBLIC: 1}
HANDFUL: Mapping[Bank, int] = {Bank.SCORING: 8, Bank.PUBLIC: 4}
FULL: Mapping[Bank, int] = {Bank.SCORING: 256, Bank.PUBLIC: 16}
VALUE_BANK: Mapping[Bank, int] = {Bank.SCORING: 1, Bank.PUBLIC: 0}
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
        """Trials to judge an answer by, drawing a first handful where there are too few.

        Raises :class:`QuestionUnsound` and :class:`bot.ports.JudgeUnavailable`.
        """
        picked = await self._pick(version)
        if _is_enough(version, picked):
            return picked
        await self._top_up(version, LEAST, HANDFUL)
        return await self._pick(version)

    async def _pick(self, version: QuestionVersion) -> Picked:
        async with self._store.begin() as work:
            scoring = await work.questions.trials(version, Bank.SCORING, SCORED_TRIALS)
            public = await work.questions.trials(version, Bank.PUBLIC, SHOWN_TRIALS)
        return Picked(scoring, public)

    async def fill(self) -> dict[str, str]:
        """Fill every bank, those of questions asked in this process first; what is wrong with the rest, by id.

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

    def touch(self, version: QuestionVersion) -> None:
        """This version is being asked: it comes first when banks are filled."""
        self._touched[version.digest] = version

    def _in_order(self, current: Sequence[QuestionVersion]) -> Iterator[QuestionVersion]:
        touched = dict(self._touched)
        yield from touched.values()
        rest = (version for version in current if version.digest not in touched)
        yield from sorted(rest, key=lambda version: (version.question.id != FIRST_QUESTION, version.question.id))

    async def _top_up(self, version: QuestionVersion, least: Mapping[Bank, int], goal: Mapping[Bank, int]) -> None:
        """Unless there are ``least`` trials, draw until there are; what is drawn aims at ``goal``."""
        if version.question.kind == "value":
            least = goal = VALUE_BANK
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
        wanted = [bank for bank in (Bank.PUBLIC, Bank.SCORING) for _ in range(lacking[bank])][:CHUNK]
        seeds = [self._seeds(version.digest, bank, next(self._numbers)) for bank in wanted]
        try:
            trials = await self._judge.draw_trials(version.question, seeds)
        except ValueError as error:
            raise QuestionUnsound(str(error)) from error
        # Fewer come back than were asked for when some could not tell right from wrong.
        public = wanted.count(Bank.PUBLIC)
        async with self._store.begin() as work:
            await work.questions.add_trials(version, Bank.PUBLIC, trials[:public])
            await work.questions.add_trials(version, Bank.SCORING, trials[public:])


def _is_enough(version: QuestionVersion, picked: Picked) -> bool:
    least = VALUE_BANK if version.question.kind == "value" else LEAST
    return len(picked.scoring) >= least[Bank.SCORING] and len(picked.public) >= least[Bank.PUBLIC]
