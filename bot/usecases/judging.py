"""Judging what was stored: verdict, award and the message about it are recorded together."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from bot.core.answers import Answer, Unreadable, read_value
from bot.core.grading import grade_choice, grade_value
from bot.core.memory import recall_of
from bot.core.personal import is_personal, own, variant_of
from bot.core.questions import ChoiceTask, CodeTask
from bot.core.records import Case, Progress, Submission, SubmissionState
from bot.core.scoring import points_for, solve_cause
from bot.core.slots import SlotKind, kind_of
from bot.core.verdicts import Verdict
from bot.ledger import Around
from bot.ports import JudgeUnavailable, StoreUnavailable
from bot.repositories import UnitOfWork
from bot.usecases.banks import QuestionUnsound
from bot.usecases.boards import BOARD_EVERY
from bot.usecases.carrying import hand_over, take
from bot.usecases.cases import AWARDED, READ_DIFFERENTLY, UNSOUND, VOIDED, WAITING
from bot.usecases.closing import settle
from bot.usecases.health import alert_if_unsolved, alert_unsound
from bot.usecases.memories import remember
from bot.usecases.parts import Parts

VERDICT_WAITS_S = 120.0
"""How long a finished verdict waits for the database; after that the answer is judged again when it is back."""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 5.0
_log = structlog.get_logger()
OUR_FAULT = "something went wrong on our side, and our log says what"
COUNTER_EVERY = timedelta(minutes=1)
"""The counter on a posting moves no more often than this."""


class UnreadableNow(Exception):
    """An answer that could be read when it was stored means nothing any more: its question is read differently now."""


async def judge_soon(parts: Parts, case: Case, leave: Callable[[], None], *, is_fresh: bool = True) -> None:
    """Judge an answer and ``leave`` the queue; where it cannot be judged now, have its learner told why.

    Raises :class:`bot.ports.StoreUnavailable`; the answer is then judged by :func:`judge_waiting`.
    """
    with contextlib.suppress(JudgeUnavailable):
        await _judge_or_tell(parts, case, leave, is_fresh=is_fresh)


async def judge_queued(parts: Parts, submission_id: int) -> None:
    """Judge a stored answer whose job this process has taken, unless it has a verdict by now.

    Where it cannot be judged its learner is told why. Raises :class:`JudgeUnavailable` and
    :class:`bot.ports.StoreUnavailable`: then another judge should try.
    """
    case = await case_of(parts, submission_id)
    if case is not None:
        # It was read just now, which is as good as stored just now.
        await _judge_or_tell(parts, case, lambda: None, is_fresh=True)


async def _judge_or_tell(parts: Parts, case: Case, leave: Callable[[], None], *, is_fresh: bool) -> None:
    try:
        with contextlib.ExitStack() as queued:
            queued.callback(leave)
            await judge(parts, case, is_fresh=is_fresh)
    except JudgeUnavailable as fault:
        parts.doubts.told_otherwise(case.submission.id)
        await _tell(parts, case, f"{WAITING}:{fault}")
        raise
    except QuestionUnsound as fault:
        # Whoever tries it again and again has nothing new to say.
        if parts.doubts.tell(case.submission.id):
            await _tell(parts, case, UNSOUND)
        await tell_unsound(parts, case, fault)
    except UnreadableNow:
        parts.wake()  # its learner is told by the transaction that found it
    except StoreUnavailable:
        raise
    except Exception:
        await _tell(parts, case, f"{WAITING}:{OUR_FAULT}")
        raise


async def judge_later(parts: Parts, submission_id: int, leave: Callable[[], None]) -> None:
    """As :func:`judge_soon`, an answer of which only the store has the text."""
    with contextlib.ExitStack() as queued:
        queued.callback(leave)
        case = await case_of(parts, submission_id)
        if case is None:
            return
        await judge_soon(parts, case, queued.pop_all().close, is_fresh=False)


async def _tell(parts: Parts, case: Case, detail: str) -> None:
    async with parts.store.begin() as work:
        at = parts.clock()
        stored = await work.submissions.get(case.submission.id)
        # Another process may have judged it meanwhile, and told its learner.
        if stored is not None and stored.state is SubmissionState.STORED:
            await work.outbox.put(case.slot, case.platform, case.learner.id, at, detail)
    parts.wake()


async def tell_unsound(parts: Parts, case: Case, fault: QuestionUnsound) -> None:
    """Have an admin told what is wrong with the question of ``case``; the log says it by :meth:`Banks.fill`."""
    async with parts.store.begin() as work:
        await alert_unsound(work, case.community, case.posting, str(fault), parts.clock())
    parts.wake()


async def judge(parts: Parts, case: Case, *, is_fresh: bool = False) -> bool:
    """Judge a stored answer unless it has a verdict already; whether this call gave it one.

    ``is_fresh``: it was stored just now, so that nobody else can have judged it unless they are at it.
    Raises :class:`JudgeUnavailable`, :class:`QuestionUnsound` or :class:`bot.ports.StoreUnavailable`; then it stays
    stored. Raises :class:`UnreadableNow` where it cannot be judged any more; then it is void.
    """
    turn = parts.turns.of(case.submission.id)
    is_fresh = is_fresh and not turn.locked()
    async with turn:
        while True:
            stored = case.submission if is_fresh else await _stored(parts, case)
            if stored is None or stored.verdict is not None:
                return False
            if stored.state is SubmissionState.VOID:
                raise UnreadableNow(READ_DIFFERENTLY)
            try:
                verdict = await decide(parts, case, stored.text)
            except QuestionUnsound:
                if not await _moved_on(parts, case):
                    raise
            else:
                if isinstance(verdict, Unreadable):
                    if await _void(parts, case, verdict.message):
                        raise UnreadableNow(verdict.message)
                elif (recorded := await _recorded(parts, case, verdict)) is not None:
                    return recorded
            # Its posting is of another version of the question by now.
            again = await case_of(parts, case.submission.id)
            if again is None:
                return False
            case, is_fresh = again, False


async def _recorded(parts: Parts, case: Case, verdict: Verdict) -> bool | None:
    """As :func:`record`; while the database is away, the verdict waits for it: a run need not be made twice."""
    loop = asyncio.get_running_loop()
    until, pause = loop.time() + VERDICT_WAITS_S, FIRST_PAUSE_S
    while True:
        try:
            return await record(parts, case, verdict)
        except StoreUnavailable as fault:
            if loop.time() + pause > until:
                raise
            _log.warning("a verdict waits for the database", submission=case.submission.id, reason=str(fault))
        await asyncio.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE_S)


async def case_of(parts: Parts, submission_id: int) -> Case | None:
    """What there is to judge; ``None`` where its learner has had it deleted."""
    async with parts.store.read() as work:
        return await work.submissions.case(submission_id)


async def _stored(parts: Parts, case: Case) -> Submission | None:
    """As it is now; ``None`` where its learner has had it deleted."""
    async with parts.store.begin() as work:
        return await work.submissions.get(case.submission.id)


async def _moved_on(parts: Parts, case: Case) -> bool:
    """Whether a posting that cannot be judged is of another version by now: the mended one, if none has a verdict.

    One that gives everybody numbers of their own gives others in another version, and is left to an admin.
    """
    async with parts.store.begin() as work:
        now = await work.submissions.case(case.submission.id)
        if now is None or now.posting.version.id != case.posting.version.id:
            return now is not None
        question, to = case.question, await work.questions.current_of(case.question.id)
        if to is None or to.id == case.posting.version.id or to.question.kind != question.kind:
            return False
        if is_personal(question) or is_personal(to.question) or await work.submissions.of_posting(case.posting):
            return False
        return await work.postings.move(case.posting, to)


async def _void(parts: Parts, case: Case, message: str) -> bool:
    """Whether it is void by this: its posting may be of another version by now, or another process have judged it."""
    async with parts.store.begin() as work:
        at = parts.clock()
        if not await work.submissions.void(case.submission, case.posting.version):
            return False
        await work.outbox.put(case.slot, case.platform, case.learner.id, at, f"{VOIDED}:{message}")
        await settle(work, case.community, case.posting, at)
        return True


async def decide(parts: Parts, case: Case, text: str) -> Verdict | Unreadable:
    """The verdict on ``text`` by the version of the case's posting; why there is none where it means nothing there.

    Raises :class:`JudgeUnavailable`, :class:`QuestionUnsound` and :class:`bot.ports.StoreUnavailable`.
    """
    version = case.posting.version
    mine = own(case.posting, case.learner, parts.seeds).version.question
    match version.question.task:
        case CodeTask():
            picked = await parts.banks.pick(version)
            async with parts.runs.turn(case.learner.id):
                return await parts.judge.judge(version.question, text, picked.scoring, picked.public)
        case ChoiceTask(options=options) if any(option.text == text for option in options):
            return grade_choice(mine, text)
        case ChoiceTask():
            return Unreadable(READ_DIFFERENTLY)
    value = read_value(text)
    if isinstance(value, Answer):
        trial = await parts.banks.trial_of(version, variant_of(case.posting, case.learner, parts.seeds))
        return grade_value(mine, trial, value)
    return value


async def record(parts: Parts, case: Case, verdict: Verdict) -> bool | None:
    """Verdict, award, retired trial and outbox in one transaction; nothing of them where there is a verdict already.

    Whether it was recorded; ``None`` where the posting is of another version by now than the verdict.
    """
    async with parts.store.begin() as work:
        at = parts.clock()
        submission, recorded = await work.submissions.judged(case.submission, verdict, case.posting.version)
        if submission is None:
            return False  # its learner has had it deleted, and nothing shall come back
        if not recorded:
            if submission.state is SubmissionState.STORED:
                return None
            if submission.verdict is None:
                raise UnreadableNow(READ_DIFFERENTLY)
            # Another process was faster: its verdict is the one that counts, and it made the award.
            return False
        awarded, before = await _award(work, case, submission, verdict, at)
        await _rate(work, case, submission, verdict, before)
        if verdict.spent_trial is not None:
            await work.questions.retire_trial(verdict.spent_trial)
        await work.outbox.put(case.slot, case.platform, case.learner.id, at, AWARDED if awarded else "")
        if not verdict.accepted:
            await alert_if_unsolved(work, case.community, case.posting, at)
        around = await work.competition.around(case.posting)
        await shown_soon(work, around, at, boards=awarded and not case.posting.practice)
        if around.closed_at is not None:
            await settle(work, case.community, case.posting, at)
        taken = await take(parts, work, case.platform, case.slot, at)
    hand_over(parts, taken)
    return True


async def _award(
    work: UnitOfWork, case: Case, submission: Submission, verdict: Verdict, at: datetime
) -> tuple[bool, Progress | None]:
    """Whether an answer earned something, and what its learner had done before it where that was looked up."""
    if not verdict.accepted:
        return False, None
    level, kind = case.question.level, case.question.kind

    def worth(progress: Progress) -> tuple[str, int] | None:
        if progress.gave_up or progress.solved:
            return None
        earned = points_for(level, kind, submission.attempt, progress.hints_used, gave_up=False)
        return solve_cause(progress.revoked), 0 if case.posting.practice else earned

    return await work.competition.earn(case.posting, case.learner, worth, at, answered_at=submission.received_at)


async def _rate(
    work: UnitOfWork, case: Case, submission: Submission, verdict: Verdict, before: Progress | None
) -> None:
    """Have the verdict rate the topics of its question in the learner's memory."""
    if not verdict.accepted and submission.attempt > 1:
        return  # of failures the first says it all, and to look at what came before costs every other one a query
    before = before or await work.competition.progress(case.posting, case.learner)
    recall = recall_of(case.question.level, submission.attempt, before, accepted=verdict.accepted)
    if recall is not None:
        await remember(work, case.learner, case.question, recall, submission.received_at)


async def shown_soon(work: UnitOfWork, around: Around, at: datetime, *, boards: bool) -> None:
    """Have what everybody sees moved: a posting's counter, and ``boards`` too, each at most once a while."""
    for message in around.shown:
        assert message.shown_at is not None, "only those that are shown are asked for"
        if kind_of(message.slot) is SlotKind.BOARD:
            if boards:
                await work.outbox.put(message.slot, message.platform, None, max(at, message.shown_at + BOARD_EVERY))
        elif message.address:
            await work.outbox.put(message.slot, message.platform, None, max(at, message.shown_at + COUNTER_EVERY))
