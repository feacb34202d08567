"""Judging what was stored: verdict, award and the message about it are recorded together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.core.answers import Answer, Unreadable, read_value
from bot.core.calendar import local_date
from bot.core.cards import Card
from bot.core.grading import grade_choice, grade_value
from bot.core.personal import own, variant_of
from bot.core.presenting.troubles import unreadable_card, unsound_card, waiting_card
from bot.core.presenting.verdicts import Aftermath, verdict_card
from bot.core.questions import ChoiceTask, CodeTask, Question
from bot.core.records import Community, Learner, Posting, Submission, SubmissionState
from bot.core.scoring import SOLVE, points_for, streak
from bot.core.slots import SlotKind, slot
from bot.core.verdicts import Verdict
from bot.ports import JudgeUnavailable
from bot.repositories import UnitOfWork
from bot.usecases.banks import QuestionUnsound
from bot.usecases.parts import Parts

COUNTER_EVERY = timedelta(minutes=1)
"""The counter on a posting moves no more often than this."""

_VOID = "The question is read differently now than when you answered it, so this answer does not count. Answer again."
_AWARDED, _WAITING, _UNSOUND, _VOIDED = "awarded", "waiting", "unsound", "void"


@dataclass(frozen=True, slots=True)
class Case:
    """A stored answer with what it answers, and who gave it."""

    submission: Submission
    posting: Posting
    learner: Learner
    community: Community

    @property
    def platform(self) -> str:
        """Where its learner is to be found."""
        return self.community.platform

    @property
    def question(self) -> Question:
        """The question it answers."""
        return self.posting.version.question

    @property
    def slot(self) -> str:
        """The message its verdict goes into."""
        return slot(SlotKind.VERDICT, self.submission.id)


class UnreadableNow(Exception):
    """An answer that could be read when it was stored means nothing any more: its question is read differently now."""


async def case_of(work: UnitOfWork, submission: Submission) -> Case:
    """Everything that belongs to a submission."""
    posting = await work.postings.get(submission.posting_id)
    assert posting is not None, "a submission keeps its posting"
    learner = await work.communities.learner_with(submission.learner_id)
    community = await work.communities.community_of(learner.community_id)
    return Case(submission, posting, learner, community)


async def judge_soon(parts: Parts, case: Case) -> None:
    """Judge an answer; where that cannot be done now, have its learner told why.

    Raises :class:`bot.ports.StoreUnavailable`; the answer is then judged by :func:`judge_waiting`.
    """
    try:
        await judge(parts, case, is_fresh=True)
    except JudgeUnavailable as fault:
        await _tell(parts, case, f"{_WAITING}:{fault}")
    except QuestionUnsound as fault:
        await _tell(parts, case, f"{_UNSOUND}:{fault}")
    except UnreadableNow:
        pass  # its learner is told by the transaction that found it
    parts.wake()


async def _tell(parts: Parts, case: Case, detail: str) -> None:
    at = parts.clock()
    async with parts.store.begin() as work:
        stored = await work.submissions.get(case.submission.id)
        # Another process may have judged it meanwhile, and told its learner.
        if stored is not None and stored.state is SubmissionState.STORED:
            await work.outbox.put(case.slot, case.platform, case.learner.id, at, detail)


async def judge(parts: Parts, case: Case, *, is_fresh: bool = False) -> bool:
    """Judge a stored answer unless it has a verdict already; whether this call gave it one.

    ``is_fresh``: it was stored just now, so that nobody else can have judged it unless they are at it.
    Raises :class:`JudgeUnavailable`, :class:`QuestionUnsound` or :class:`bot.ports.StoreUnavailable`; then it stays
    stored. Raises :class:`UnreadableNow` where it cannot be judged any more; then it is void.
    """
    turn = parts.turns.of(case.submission.id)
    is_fresh = is_fresh and not turn.locked()
    async with turn:
        stored = case.submission if is_fresh else await _stored(parts, case)
        if stored.verdict is not None:
            return False
        if stored.state is SubmissionState.VOID:
            raise UnreadableNow(_VOID)
        verdict = await _decide(parts, case, stored.text)
        if isinstance(verdict, Unreadable):
            await _void(parts, case, verdict.message)
            raise UnreadableNow(verdict.message)
        return await _record(parts, case, verdict)


async def _stored(parts: Parts, case: Case) -> Submission:
    async with parts.store.begin() as work:
        stored = await work.submissions.get(case.submission.id)
    assert stored is not None, "a submission is never deleted while it waits"
    return stored


async def _void(parts: Parts, case: Case, message: str) -> None:
    at = parts.clock()
    async with parts.store.begin() as work:
        await work.submissions.void(case.submission)
        await work.outbox.put(case.slot, case.platform, case.learner.id, at, f"{_VOIDED}:{message}")


async def _decide(parts: Parts, case: Case, text: str) -> Verdict | Unreadable:
    version = case.posting.version
    mine = own(case.posting, case.learner, parts.seeds).version.question
    match version.question.task:
        case CodeTask():
            picked = await parts.banks.pick(version)
            return await parts.judge.judge(version.question, text, picked.scoring, picked.public)
        case ChoiceTask(options=options) if any(option.text == text for option in options):
            return grade_choice(mine, text)
        case ChoiceTask():
            return Unreadable(_VOID)
    value = read_value(text)
    if isinstance(value, Answer):
        trial = await parts.banks.trial_of(version, variant_of(case.posting, case.learner, parts.seeds))
        return grade_value(mine, trial, value)
    return value


async def _record(parts: Parts, case: Case, verdict: Verdict) -> bool:
    """Verdict, award, retired trial and outbox in one transaction; nothing of them where there is a verdict already."""
    at = parts.clock()
    async with parts.store.begin() as work:
        submission, recorded = await work.submissions.judged(case.submission, verdict)
        if not recorded:
            if submission.verdict is None:
                raise UnreadableNow(_VOID)
            # Another process was faster: its verdict is the one that counts, and it made the award.
            return False
        awarded = await _award(work, case, submission, verdict, at)
        if verdict.spent_trial is not None:
            await work.questions.retire_trial(verdict.spent_trial)
        await work.outbox.put(case.slot, case.platform, case.learner.id, at, _AWARDED if awarded else "")
        await count_soon(work, case.posting, at)
    return True


async def _award(work: UnitOfWork, case: Case, submission: Submission, verdict: Verdict, at: datetime) -> bool:
    if not verdict.accepted:
        return False
    progress = await work.competition.progress(case.posting, case.learner)
    if progress.gave_up:
        return False
    level, kind = case.question.level, case.question.kind
    earned = points_for(level, kind, submission.attempt, progress.hints_used, gave_up=False)
    points = 0 if case.posting.practice else earned
    return await work.competition.award(case.posting, case.learner, SOLVE, points, at)


async def count_soon(work: UnitOfWork, posting: Posting, at: datetime) -> None:
    """Have the counter on a posting moved, where it is shown in public, at most once every :data:`COUNTER_EVERY`."""
    name = slot(SlotKind.POSTING, posting.id)
    message = await work.messages.find(name)
    if message is not None and message.shown_at is not None and message.address:
        await work.outbox.put(name, message.platform, None, max(at, message.shown_at + COUNTER_EVERY))


async def outcome_card(parts: Parts, work: UnitOfWork, case: Case, detail: str = "", *, repeated: bool = False) -> Card:
    """The card that takes the place of "running": the verdict, or why there is none yet.

    ``detail`` is what the outbox says beside it; ``repeated``: the same answer came again.
    """
    submission, posting = case.submission, case.posting
    what, _, reason = detail.partition(":")
    if submission.verdict is not None:
        progress = await work.competition.progress(posting, case.learner)
        schedule = await work.communities.schedule_of(posting)
        postings = await work.postings.answered(schedule, case.learner)
        run = streak(postings, local_date(parts.clock(), schedule.zone))
        after = Aftermath(what == _AWARDED, progress, run, repeated)
        card = verdict_card(own(posting, case.learner, parts.seeds), submission, submission.verdict, after)
    elif submission.state is SubmissionState.VOID:
        card = unreadable_card(reason or _VOID, submission.text)
    elif what == _UNSOUND:
        card = unsound_card(case.question.title, reason)
    else:
        card = waiting_card(submission, reason or "It has not been its turn yet.")
    return replace(card, about=posting.id)


async def judge_waiting(parts: Parts) -> int:
    """Judge what was stored and never judged, oldest first; how many got their verdict.

    One answer that cannot be judged does not hold up the others. Raises :class:`JudgeUnavailable` at the end when
    no cell could be had for some, and :class:`bot.ports.StoreUnavailable` at once.
    """
    async with parts.store.begin() as work:
        waiting = [await case_of(work, submission) for submission in await work.submissions.unjudged()]
    count = 0
    unavailable: JudgeUnavailable | None = None
    for case in waiting:
        try:
            count += await judge(parts, case)
        except JudgeUnavailable as fault:
            unavailable = fault
        except (QuestionUnsound, UnreadableNow):
            continue
        finally:
            parts.wake()
    if unavailable is not None:
        raise unavailable
    return count
