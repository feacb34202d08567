"""Teaching: trying code on the example, hints, and the solution."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial

from bot.core.answers import Unreadable
from bot.core.cards import Card
from bot.core.commands import Command
from bot.core.effects import Refuse, Show
from bot.core.memory import Recall
from bot.core.personal import is_personal, own, variant_of
from bot.core.presenting import lessons
from bot.core.presenting.examples import TRY_AGAIN, example_card, no_example_card, trying_card
from bot.core.presenting.troubles import (
    sandbox_away_card,
    still_judging_card,
    unreadable_card,
    unsound_card,
)
from bot.core.questions import Question, Trial
from bot.core.records import Learner, Posting, Progress, QuestionVersion, Submission, SubmissionState
from bot.core.scoring import GAVE_UP, attempts_left
from bot.core.slots import SlotKind, slot
from bot.ports import JudgeUnavailable
from bot.repositories import UnitOfWork
from bot.usecases.answering import asked_for, readable, too_many
from bot.usecases.asking import nothing_open_card, posting_of
from bot.usecases.banks import QuestionUnsound
from bot.usecases.memories import remember
from bot.usecases.parts import Effects, Parts
from bot.usecases.visiting import Caller, Visit, arrive


@dataclass(frozen=True, slots=True)
class _Agreement:
    """Whether somebody said yes to what help costs, and to which piece of it if they said so."""

    given: bool
    number: int | None = None


@dataclass(frozen=True, slots=True)
class _Undrawn:
    """The solution of a personal question, of which the learner's own value must be drawn first."""

    version: QuestionVersion
    variant: Mapping[str, str]
    card: Callable[[Trial | None], Card]


@dataclass(frozen=True, slots=True)
class _Lesson:
    """What help builds on. ``mine`` is the posting as the learner sees it; it was ``unseen`` if just opened."""

    posting: Posting
    mine: Posting
    progress: Progress
    last: Submission | None
    unseen: bool

    @property
    def question(self) -> Question:
        return self.posting.version.question

    @property
    def is_waiting(self) -> bool:
        """Whether the last answer has no verdict yet: help that costs points must not overtake it."""
        return self.last is not None and self.last.state is SubmissionState.STORED

    @property
    def is_over(self) -> bool:
        """Whether the one attempt that counts has been made, so that there is nothing to give up."""
        is_choice = self.question.kind == "choice" and not self.posting.practice
        return is_choice and attempts_left(self.question.kind, self.progress.attempts) == 0


async def try_code(parts: Parts, caller: Caller, command: Command, event_id: str) -> Effects:
    """Run code on the published example and show what came of it; nothing is stored, compared or counted."""
    at, text = parts.clock(), command.argument
    async with parts.store.begin() as work:
        visit = await arrive(work, caller, at)
        opened = await posting_of(parts, work, visit, command.posting)
    if opened is None:
        yield Show(nothing_open_card(caller))
        return
    version = opened.posting.version
    if version.question.kind != "code":
        yield Show(no_example_card(version.question))
        return
    if not text.strip():
        yield await asked_for(parts, caller, command)
        return
    code = readable(version.question, text)
    parts.drafts.keep(opened.posting, visit.learner, text)
    if isinstance(code, Unreadable):
        yield Refuse(code.message, unreadable_card(code.message, text, TRY_AGAIN))
        return
    place = parts.runs.enter(caller)
    if place is None:
        yield too_many(command)
        return
    with contextlib.ExitStack() as admitted:
        admitted.callback(parts.runs.leave, place)
        position = parts.runs.queue(place)
        if not parts.runs.hold(place):
            yield Show(sandbox_away_card(f"It is busy: this would be position {position:,} in the queue.", code))
            return
        name = slot(SlotKind.TRY, event_id)
        yield Show(trying_card(version.question, position), slot=name, working=True)
        yield Show(await _example(parts, version, visit.learner, code), slot=name)


async def _example(parts: Parts, version: QuestionVersion, learner: Learner, code: str) -> Card:
    try:
        example = (await parts.banks.pick(version)).public[0]
        async with parts.runs.turn(learner.id):
            report = await parts.judge.run_example(version.question, code, example)
    except JudgeUnavailable as fault:
        return sandbox_away_card(str(fault), code)
    except QuestionUnsound:  # :meth:`Banks.fill` tells of it
        return unsound_card(version.question.title)
    return example_card(version.question, example, report)


def hint(parts: Parts, caller: Caller, command: Command) -> Effects:
    """Show the hints seen so far and the price of the next; with ``yes``, the next one too."""
    return _teach(parts, caller, command, _hints)


def solution(parts: Parts, caller: Caller, command: Command) -> Effects:
    """Show the solution to whoever solved the question; warn anybody else first, then take ``yes`` as giving up."""
    return _teach(parts, caller, command, _solution)


async def _teach(
    parts: Parts,
    caller: Caller,
    command: Command,
    card_of: Callable[[Parts, UnitOfWork, Visit, _Lesson, _Agreement], Awaitable[Card | _Undrawn]],
) -> Effects:
    agreed = _agreement(command.argument)
    if agreed is None:
        yield Show(lessons.confirm_card(command.verb, command.argument))
        return
    at = parts.clock()
    async with parts.store.begin() as work:
        visit = await arrive(work, caller, at)
        lesson = await _lesson(parts, work, visit, command.posting)
        card = nothing_open_card(caller) if lesson is None else await card_of(parts, work, visit, lesson, agreed)
    yield Show(await _drawn(parts, card) if isinstance(card, _Undrawn) else card)


async def _drawn(parts: Parts, undrawn: _Undrawn) -> Card:
    try:
        return undrawn.card(await parts.banks.trial_of(undrawn.version, undrawn.variant))
    except (JudgeUnavailable, QuestionUnsound):
        return undrawn.card(None)


async def _hints(_: Parts, work: UnitOfWork, visit: Visit, lesson: _Lesson, agreed: _Agreement) -> Card:
    progress = lesson.progress
    is_left = progress.hints_used < len(lesson.question.hints)
    # A button says which hint it is for: pressed twice, it buys one.
    is_meant = agreed.number in (None, progress.hints_used + 1)
    if agreed.given and is_meant and is_left and not lesson.unseen and not progress.is_open:
        if lesson.last is not None and lesson.is_waiting:
            return still_judging_card(lesson.last, "hint")
        await work.competition.use_hint(lesson.posting, visit.learner, progress.hints_used, visit.at)
        progress = await work.competition.progress(lesson.posting, visit.learner)
    return lessons.hints_card(lesson.mine, progress)


async def _solution(
    parts: Parts, work: UnitOfWork, visit: Visit, lesson: _Lesson, agreed: _Agreement
) -> Card | _Undrawn:
    progress = lesson.progress
    if not progress.is_open:
        if lesson.unseen or not (agreed.given or lesson.is_over):
            return lessons.warning_card(lesson.posting, progress)
        if lesson.last is not None and lesson.is_waiting:
            return still_judging_card(lesson.last, "solution")
        await work.competition.use_hint(lesson.posting, visit.learner, GAVE_UP, visit.at)
        if not progress.attempts:  # else the first failure has said so
            await remember(work, visit.learner, lesson.question, Recall.AGAIN, visit.at)
        progress = await work.competition.progress(lesson.posting, visit.learner)
    card = partial(lessons.solution_card, lesson.mine, progress)
    if not is_personal(lesson.question):
        return card()
    return _Undrawn(lesson.posting.version, variant_of(lesson.posting, visit.learner, parts.seeds), card)


async def _lesson(parts: Parts, work: UnitOfWork, visit: Visit, wanted: int | None) -> _Lesson | None:
    opened = await posting_of(parts, work, visit, wanted)
    if opened is None:
        return None
    progress = await work.competition.progress(opened.posting, visit.learner)
    last = await work.submissions.latest(opened.posting, visit.learner)
    mine = own(opened.posting, visit.learner, parts.seeds)
    return _Lesson(opened.posting, mine, progress, last, unseen=opened.replaces)


def _agreement(said: str) -> _Agreement | None:
    """Whether ``said`` is ``yes``, and to which number; ``None`` for anything that is neither that nor silence."""
    word, _, number = said.strip(" \t\r\n.!`'\"").lower().partition(" ")
    if not word and not number:
        return _Agreement(given=False)
    if word != "yes" or (number and not re.fullmatch(r"\d{1,3}", number, re.ASCII)):
        return None
    return _Agreement(given=True, number=int(number) if number else None)
