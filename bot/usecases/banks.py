"""Trial banks: enough to judge by at once, the rest in idle time."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.core.choosing import FIRST_QUESTION
from bot.core.personal import Seeds, is_personal, variants_seed
from bot.core.questions import SCORED_TRIALS, VARIANTS, Bank, CodeTask, Question, Trial, Unsound
from bot.core.records import QuestionVersion
from bot.ports import Clock, Judge, JudgeUnavailable
from bot.repositories import Store, UnitOfWork
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
"""Draws of code at a time: little is lost when filling is cancelled, and an answer never waits for long."""
PATIENCE = 2
"""Versions in a row for which no cell can be had, and there seems to be no sandbox: little more is asked of it."""

_REMEMBERED = 16
"""Questions whose public trials are kept at hand: about as many as are being answered at a time."""


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
        self._unsound: set[str] = set()
        self._untold: dict[str, str] = {}
        self._failed: set[str] = set()
        self._public: dict[str, tuple[Trial, ...]] = {}

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
        async with self._store.read() as work:
            scoring = await work.questions.trials(version, Bank.SCORING, SCORED_TRIALS)
            public = self._public.get(version.digest)
            if public is None:
                public = await work.questions.trials(version, Bank.PUBLIC, SHOWN_TRIALS)
        if len(public) == SHOWN_TRIALS:
            # They never change again, and reading them takes longer than everything else about an answer.
            self._public.pop(version.digest, None)
            self._public[version.digest] = public
            while len(self._public) > _REMEMBERED:
                del self._public[next(iter(self._public))]
        return Picked(scoring, public)

    async def trial_of(self, version: QuestionVersion, variant: Mapping[str, str]) -> Trial:
        """The trial of a value question for one variant, the empty one where it is not personal.

        Raises :class:`QuestionUnsound` and :class:`bot.ports.JudgeUnavailable`.
        """
        size = _sizes(version.question)
        await self._top_up(version, size, size)
        found = await self._find(version, variant) or await self._drawn_again(version, variant)
        if found is None:
            raise self._refused(version, "the variant of this learner could not be proven")
        return found

    async def _drawn_again(self, version: QuestionVersion, variant: Mapping[str, str]) -> Trial | None:
        """The trial for ``variant`` where the bank was drawn with another secret, by which variants are chosen."""
        async with self._turns.of(version.digest):
            # Whoever had the turn before drew all variants.
            found = await self._find(version, variant)
            if found is None:
                await self._draw(version, _sizes(version.question))
                found = await self._find(version, variant)
        return found

    async def _find(self, version: QuestionVersion, variant: Mapping[str, str]) -> Trial | None:
        async with self._store.read() as work:
            trials = await work.questions.trials(version, Bank.SCORING, FULL[Bank.SCORING])
        return next((trial for trial in trials if dict(trial.inputs) == dict(variant)), None)

    async def fill(self) -> dict[str, str]:
        """Fill every bank, that of the question touched last first; what is wrong with unsound questions, by id.

        A version found unsound, here or by an answer, is told of once, and not filled again in this process. One for
        which no cell can be had holds up no other, and comes last the next time.
        May be cancelled at any time and run again: every chunk is kept once it is drawn.
        Raises :class:`bot.ports.JudgeUnavailable` at the end where some bank could not be filled, unless there is
        something to tell; then the next call raises it.
        """
        faults: dict[str, JudgeUnavailable] = {}
        for goal in (HANDFUL, FULL):
            await self._fill(goal, faults)
        untold, self._untold = self._untold, {}
        if faults and not untold:
            raise faults.popitem()[1]
        return untold

    async def _fill(self, goal: Mapping[Bank, int], faults: dict[str, JudgeUnavailable]) -> None:
        """Fill every bank up to ``goal`` but those in ``faults``, adding to them, while the sandbox answers."""
        async with self._store.begin() as work:
            current = await work.questions.current()
        in_a_row = 0
        for version in self._in_order(current):
            if version.digest in self._unsound or version.digest in faults:
                continue
            try:
                drew = await self._top_up(version, goal, goal)
            except QuestionUnsound:
                drew = True
            except JudgeUnavailable as fault:
                faults[version.digest] = fault
                self._failed.add(version.digest)
                in_a_row += 1
                if in_a_row == PATIENCE:
                    return
                continue
            self._failed.discard(version.digest)
            if drew:  # a full bank says nothing about the sandbox
                in_a_row = 0

    def askable(self, versions: Sequence[QuestionVersion]) -> tuple[QuestionVersion, ...]:
        """Those of ``versions`` with which drawing trials found no fault so far."""
        return tuple(version for version in versions if version.digest not in self._unsound)

    def _refused(self, version: QuestionVersion, reason: str) -> QuestionUnsound:
        """``version`` cannot be judged: it is not asked again, and :meth:`fill` tells of it."""
        if version.digest not in self._unsound:
            self._unsound.add(version.digest)
            self._untold[version.question.id] = reason
        return QuestionUnsound(reason)

    def touch(self, version: QuestionVersion) -> None:
        """This version is being asked: its bank is the next to be filled."""
        self._failed.discard(version.digest)
        self._touched.pop(version.digest, None)
        self._touched[version.digest] = version

    def _in_order(self, current: Sequence[QuestionVersion]) -> Iterator[QuestionVersion]:
        """What was touched last comes first, also if that happens while others are filled; what failed comes last."""
        known = {**self._touched, **{version.digest: version for version in current}}
        waiting = dict(sorted(known.items(), key=lambda item: (item[0] in self._failed, *_rank(item[1].question))))
        while waiting:
            touched = (digest for digest in reversed(self._touched) if digest in waiting and digest not in self._failed)
            yield waiting.pop(next(touched, next(iter(waiting))))

    async def _top_up(self, version: QuestionVersion, least: Mapping[Bank, int], goal: Mapping[Bank, int]) -> bool:
        """Unless there are ``least`` trials, draw until there are; what is drawn aims at ``goal``. Whether any was."""
        drew = False
        if version.question.kind != "code":
            least = goal = _sizes(version.question)
        while any((await self._lacking(version, least)).values()):
            async with self._turns.of(version.digest):
                # Whoever had the turn before may have drawn enough for both.
                if any((await self._lacking(version, least)).values()):
                    await self._draw(version, await self._lacking(version, goal))
                    drew = True
        return drew

    async def _lacking(self, version: QuestionVersion, goal: Mapping[Bank, int]) -> dict[Bank, int]:
        async with self._store.read() as work:
            return {
                bank: max(0, size - await work.questions.count_trials(version, bank)) for bank, size in goal.items()
            }

    async def _draw(self, version: QuestionVersion, lacking: Mapping[Bank, int]) -> None:
        for bank in (Bank.PUBLIC, Bank.SCORING):
            if lacking[bank]:
                await self._draw_into(version, bank)

    async def _draw_into(self, version: QuestionVersion, bank: Bank) -> None:
        """Draw a whole chunk, however few trials are lacking: by chance, none of a few can tell right from wrong."""
        personal, is_code = is_personal(version.question), version.question.kind == "code"
        async with self._store.begin() as work:
            held = await work.questions.count_trials(version, bank)
        is_first = not held
        numbers = itertools.islice(self._numbers, CHUNK if is_code else 1)
        seeds = [self._seeds(f"{version.digest}/{bank}/{number}") for number in numbers]
        if personal:
            seeds = [variants_seed(version.digest, self._seeds)]
        elif bank is Bank.PUBLIC and is_first and _has_example(version.question):
            seeds[0] = EXAMPLE
        try:
            trials = await self._judge.draw_trials(
                version.question, seeds, with_mistakes=personal or bank is Bank.PUBLIC
            )
        except Unsound as error:
            raise self._refused(version, str(error)) from error
        # A run can fail for once, on a busy machine, say.
        self._unsound.discard(version.digest)
        async with self._store.begin() as work:
            await work.questions.add_trials(version, bank, trials[: FULL[bank] - held] if is_code else trials)


async def has_trials(work: UnitOfWork, version: QuestionVersion) -> bool:
    """Whether trials of ``version`` were drawn already, so that it can be judged."""
    return await work.questions.count_trials(version, Bank.SCORING) > 0


def _rank(question: Question) -> tuple[bool, str]:
    return question.id != FIRST_QUESTION, question.id


def _sizes(question: Question) -> Mapping[Bank, int]:
    return PERSONAL if is_personal(question) else ONE


def _has_example(question: Question) -> bool:
    return isinstance(question.task, CodeTask) and bool(question.task.example)
