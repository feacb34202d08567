"""Taking up what was stored and never judged: by a process that died, or while no cell could be had."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import timedelta

from bot.core.records import Submission
from bot.ports import JudgeUnavailable
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

    Raises as :func:`judge_waiting`.
    """
    if not parts.is_queued:
        return await judge_waiting(parts)
    async with parts.store.begin() as work:
        at = parts.clock()
        await work.jobs.sweep(at - ASKED_FOR)
        left = await work.jobs.left_over(at - LEFT_AFTER, AT_ONCE)
    outcomes = await asyncio.gather(*(_take_up(parts, number) for number in left), return_exceptions=True)
    _raise_any(outcomes)
    return outcomes.count(True)


async def _take_up(parts: Parts, submission_id: int) -> bool:
    case = await case_of(parts, submission_id)
    if case is None:
        return False
    if case.question.kind != "code":
        return await _judge_again(parts, case.submission)
    async with parts.store.begin() as work:
        await work.jobs.judge(submission_id)
    return False


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
    try:
        return await judge(parts, case)
    except QuestionUnsound as fault:
        await tell_unsound(parts, case, fault)
        return False
    except UnreadableNow:
        parts.wake()
        return False


def _raise_any(outcomes: Iterable[bool | BaseException], but: tuple[type[Exception], ...] = ()) -> None:
    for outcome in outcomes:
        if isinstance(outcome, BaseException) and not isinstance(outcome, but):
            raise outcome
