"""Taking up what was stored and never judged: by a process that died, or while no cell could be had."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import timedelta

from bot.core.records import Case, Submission, SubmissionState
from bot.ports import JudgeUnavailable
from bot.repositories import UnitOfWork
from bot.usecases.banks import QuestionUnsound
from bot.usecases.judging import UnreadableNow, case_of, judge, tell_unsound
from bot.usecases.parts import Parts
from bot.usecases.runs import AT_ONCE

LEFT_AFTER = timedelta(seconds=10)
"""How old an answer must be for having been forgotten by whoever took it, where judges are elsewhere: a value, which
takes no judge, or an answer that lost its job."""
ASKED_FOR = timedelta(hours=1)
"""How long anybody waits for what was asked of a judge."""


async def take_up(parts: Parts) -> int:
    """Have judged what was stored and is neither judged nor about to be; how many got their verdict here.

    Where judges are elsewhere, code that has no job gets one, and the rest is left to :func:`judge_values`.
    Raises as :func:`judge_waiting`.
    """
    if not parts.is_queued:
        return await judge_waiting(parts)
    async with parts.store.begin() as work:
        await work.jobs.sweep(parts.clock() - ASKED_FOR)
    left = [number for some in (await _left_over(parts, is_code=True)).values() for number in some]
    _raise_any(await asyncio.gather(*(_queue(parts, number) for number in left), return_exceptions=True))
    return 0


async def judge_values(parts: Parts) -> int:
    """Judge what needs no judge and was left over where judges are elsewhere; how many got their verdict.

    May take long: their trials may have to be drawn behind whatever else judges were asked about questions.
    Raises as :func:`judge_waiting`.
    """
    left = await _left_over(parts, is_code=False)
    outcomes = await asyncio.gather(*(_judge_all(parts, *some) for some in left.items()), return_exceptions=True)
    _raise_any(outcomes)
    return sum(count for count in outcomes if isinstance(count, int))


async def _queue(parts: Parts, submission_id: int) -> None:
    async with parts.store.begin() as work:
        await work.jobs.judge(submission_id)


async def _judge_all(parts: Parts, version_id: int, numbers: Sequence[int]) -> int:
    """Judge answers to one version, unless one finds it unsound; how many got their verdict."""
    judged = 0
    for number in numbers:
        case = await case_of(parts, number)
        try:
            judged += case is not None and await _judged(parts, case)
        except QuestionUnsound:
            parts.doubts.doubt(version_id, number, parts.clock())
            break
    return judged


async def _left_over(parts: Parts, *, is_code: bool) -> dict[int, list[int]]:
    """What was left over, by version: of one in doubt an answer now and then, which is another each time."""
    at = parts.clock()
    async with parts.store.read() as work:
        versions = await work.jobs.left_over(at - LEFT_AFTER)
        ours = {version.id for version in versions if (version.question.kind == "code") is is_code}
        await _lift(parts, work)
        in_doubt = {number: trying for number, trying in parts.doubts.trying.items() if number in ours}
        left = defaultdict[int, list[int]](list)
        for number, version_id in await work.jobs.left_to(ours - in_doubt.keys(), at - LEFT_AFTER, AT_ONCE):
            left[version_id].append(number)
        for version_id, numbers in list(left.items()):
            if is_code and (failed := parts.doubts.came_back(version_id, numbers)) is not None:
                parts.doubts.doubt(version_id, failed, at)
                del left[version_id]
        for version_id, trying in in_doubt.items():
            if trying.due_at <= at:
                for number, _ in await work.jobs.left_to([version_id], at - LEFT_AFTER, 1, trying.submission_id):
                    parts.doubts.doubt(version_id, number, at)
                    left[version_id].append(number)
    return left


async def _lift(parts: Parts, work: UnitOfWork) -> None:
    for version_id, trying in parts.doubts.trying.items():
        tried = await work.submissions.get(trying.submission_id)
        if tried is None or tried.state is not SubmissionState.STORED:
            parts.doubts.lift(version_id)


async def judge_waiting(parts: Parts) -> int:
    """Judge what was stored and never judged, oldest first; how many got their verdict.

    One answer that cannot be judged does not hold up the others. Raises :class:`JudgeUnavailable` at the end when
    no cell could be had for some, and :class:`bot.ports.StoreUnavailable` before more are begun.
    """
    async with parts.store.read() as work:
        waiting = _in_turns(await work.submissions.unjudged())
    outcomes: list[bool | BaseException] = []
    for start in range(0, len(waiting), AT_ONCE):
        some = (_judge_again(parts, submission) for submission in waiting[start : start + AT_ONCE])
        outcomes += await asyncio.gather(*some, return_exceptions=True)
        _raise_any(outcomes, but=(JudgeUnavailable,))
    _raise_any(outcomes)
    return outcomes.count(True)


def _in_turns(waiting: Sequence[Submission]) -> list[Submission]:
    """Everybody's first, then everybody's second: one learner's, run one by one, hold up whoever follows."""
    seen: Counter[int] = Counter()
    rounds: defaultdict[int, list[Submission]] = defaultdict(list)
    for submission in waiting:
        rounds[seen[submission.learner_id]].append(submission)
        seen[submission.learner_id] += 1
    return [submission for some in rounds.values() for submission in some]


async def _judge_again(parts: Parts, submission: Submission) -> bool:
    case = await case_of(parts, submission.id)
    if case is None:
        return False
    with contextlib.suppress(QuestionUnsound):
        return await _judged(parts, case)
    return False


async def _judged(parts: Parts, case: Case) -> bool:
    """Whether this gave it its verdict. Raises :class:`QuestionUnsound` once an admin is told."""
    try:
        return await judge(parts, case)
    except QuestionUnsound as fault:
        await tell_unsound(parts, case, fault)
        raise
    except UnreadableNow:
        parts.wake()
        return False


def _raise_any(outcomes: Iterable[object], but: tuple[type[Exception], ...] = ()) -> None:
    for outcome in outcomes:
        if isinstance(outcome, BaseException) and not isinstance(outcome, but):
            raise outcome
