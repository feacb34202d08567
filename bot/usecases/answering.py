"""Answering: read kindly, store, acknowledge, judge, record. Nothing that was stored is ever lost."""

from __future__ import annotations

from dataclasses import dataclass

from bot.core.answers import Answer, Unreadable, read_choice, read_code, read_value
from bot.core.cards import Card
from bot.core.commands import Command
from bot.core.effects import Ask, Effect, Show
from bot.core.grading import grade_choice, grade_value
from bot.core.personal import own, variant_of
from bot.core.presenting.postings import answer_form
from bot.core.presenting.troubles import (
    no_question_card,
    not_stored_card,
    rolled_over_card,
    unreadable_card,
    unsound_card,
    unwritten_card,
    waiting_card,
)
from bot.core.presenting.verdicts import Aftermath, running_card, verdict_card
from bot.core.questions import ChoiceTask, CodeTask, Question
from bot.core.records import Learner, Posting, Submission, SubmissionState
from bot.core.scoring import SOLVE, points_for, streak
from bot.core.verdicts import Verdict
from bot.ports import JudgeUnavailable, StoreUnavailable
from bot.repositories import UnitOfWork
from bot.usecases.asking import posting_of
from bot.usecases.banks import QuestionUnsound
from bot.usecases.parts import Effects, Parts
from bot.usecases.visiting import Caller, Visit, arrive


@dataclass(frozen=True, slots=True)
class Case:
    """A stored answer with what it answers and who gave it."""

    submission: Submission
    posting: Posting
    learner: Learner

    @property
    def question(self) -> Question:
        """The question it answers."""
        return self.posting.version.question


@dataclass(frozen=True, slots=True)
class Judged:
    """An answer with its verdict; ``awarded``: it solved the posting, ``repeated``: it had been judged before."""

    case: Case
    verdict: Verdict
    awarded: bool
    repeated: bool


_VOID = "The question is read differently now than when you answered it, so this answer does not count. Answer again."


class UnreadableNow(Exception):
    """An answer that could be read when it was stored means nothing any more: its question is read differently now."""


async def answer(parts: Parts, caller: Caller, command: Command, event_id: str) -> Effects:
    """Ask for an answer when there is none, otherwise store it, say so, and show its verdict in the same place."""
    if not command.argument.strip():
        yield await asked_for(parts, caller, command)
        return
    try:
        received = await _receive(parts, caller, command, event_id)
    except StoreUnavailable as fault:
        yield Show(not_stored_card(str(fault), command.argument))
        return
    if isinstance(received, Card):
        yield Show(received)
        return
    visit, case = received
    slot = f"verdict:{case.submission.id}"
    if case.submission.state is SubmissionState.STORED:
        yield Show(running_card(case.question, case.submission), slot=slot, working=True)
    yield Show(await _outcome(parts, visit, case), slot=slot)


async def asked_for(parts: Parts, caller: Caller, command: Command) -> Effect:
    """The form that asks for what ``command`` lacks, opening with the caller's last attempt."""
    at = parts.clock()
    async with parts.store.begin() as work:
        visit = await arrive(work, caller, at)
        opened = await posting_of(parts, work, visit, command.posting)
        last = await work.submissions.latest(opened.posting, visit.learner) if opened else None
    if opened is None:
        return Show(no_question_card())
    parts.banks.touch(opened.posting.version)
    return Ask(answer_form(own(opened.posting, visit.learner, parts.seeds), last, command.verb))


async def _receive(parts: Parts, caller: Caller, command: Command, event_id: str) -> tuple[Visit, Case] | Card:
    """Store the answer in one transaction; a card, with nothing stored, when it cannot be an answer."""
    at, text = parts.clock(), command.argument
    async with parts.store.begin() as work:
        visit = await arrive(work, caller, at)
        opened = await posting_of(parts, work, visit, command.posting)
        if opened is None:
            return no_question_card()
        if opened.replaces:
            # Nobody has seen the new question, so this cannot be an answer to it.
            return rolled_over_card(opened.posting, text)
        read = readable(own(opened.posting, visit.learner, parts.seeds).version.question, text)
        if isinstance(read, Unreadable):
            return unreadable_card(read.message, text)
        submission = await work.submissions.add(opened.posting, visit.learner, event_id, read, at)
        posting = await _posting_of(work, submission)
    parts.banks.touch(posting.version)
    return visit, Case(submission, posting, visit.learner)


def readable(question: Question, text: str) -> str | Unreadable:
    """What of ``text`` is stored and judged: the source in it, the value as typed, or the text of the option chosen.

    ``question`` is as the learner sees it: that order gives a letter its meaning, and only the text keeps it.
    """
    match question.task:
        case CodeTask():
            return read_code(text)
        case ChoiceTask(options=options):
            chosen = read_choice(text, options)
            return chosen if isinstance(chosen, Unreadable) else chosen.text
    # No database keeps lone surrogates or NUL; with them the value is unreadable, so nothing is lost.
    read = read_value(text)
    return read if isinstance(read, Unreadable) else text.encode("utf-8", "replace").decode().replace("\0", "").strip()


async def _posting_of(work: UnitOfWork, submission: Submission) -> Posting:
    posting = await work.postings.get(submission.posting_id)
    assert posting is not None, "a submission keeps its posting"
    return posting


async def _outcome(parts: Parts, visit: Visit, case: Case) -> Card:
    """The card that takes the place of "running": the verdict, or why there is none yet."""
    try:
        judged = await judge(parts, case)
        after = await _aftermath(parts, visit, judged)
    except JudgeUnavailable as fault:
        return waiting_card(case.submission, str(fault))
    except QuestionUnsound as fault:
        return unsound_card(case.question.title, str(fault))
    except UnreadableNow as fault:
        return unreadable_card(str(fault), case.submission.text)
    except StoreUnavailable as fault:
        return unwritten_card(case.submission, str(fault))
    return verdict_card(own(case.posting, case.learner, parts.seeds), judged.case.submission, judged.verdict, after)


async def judge(parts: Parts, case: Case) -> Judged:
    """Judge a stored answer unless it has a verdict already, and record verdict and award together.

    Raises :class:`JudgeUnavailable`, :class:`QuestionUnsound` or :class:`StoreUnavailable`; then it stays stored.
    Raises :class:`UnreadableNow` where it cannot be judged any more; then it is void.
    """
    async with parts.turns.of(case.submission.id):
        submission = await _as_stored(parts, case)
        if submission.verdict is not None:
            return Judged(Case(submission, case.posting, case.learner), submission.verdict, False, repeated=True)
        if submission.state is SubmissionState.VOID:
            raise UnreadableNow(_VOID)
        verdict = await _decide(parts, case, submission.text)
        if isinstance(verdict, Unreadable):
            async with parts.store.begin() as work:
                await work.submissions.void(submission)
            raise UnreadableNow(verdict.message)
        return await _record(parts, case, verdict)


async def _as_stored(parts: Parts, case: Case) -> Submission:
    known = case.submission
    async with parts.store.begin() as work:
        return await work.submissions.add(case.posting, case.learner, known.event_id, known.text, known.received_at)


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


async def _record(parts: Parts, case: Case, verdict: Verdict) -> Judged:
    """Verdict, award and retired trial in one transaction; nothing of them where there is a verdict already."""
    at = parts.clock()
    level, kind = case.question.level, case.question.kind
    async with parts.store.begin() as work:
        submission, recorded = await work.submissions.judged(case.submission, verdict)
        settled = Case(submission, case.posting, case.learner)
        if not recorded:
            if submission.verdict is None:
                raise UnreadableNow(_VOID)
            # Another process was faster: its verdict is the one that counts, and it made the award.
            return Judged(settled, submission.verdict, False, repeated=True)
        progress = await work.competition.progress(case.posting, case.learner)
        awarded = False
        if verdict.accepted and not progress.gave_up:
            earned = points_for(level, kind, submission.attempt, progress.hints_used, gave_up=False)
            points = 0 if case.posting.practice else earned
            awarded = await work.competition.award(case.posting, case.learner, SOLVE, points, at)
        if verdict.spent_trial is not None:
            await work.questions.retire_trial(verdict.spent_trial)
    return Judged(settled, verdict, awarded, repeated=False)


async def _aftermath(parts: Parts, visit: Visit, judged: Judged) -> Aftermath:
    async with parts.store.begin() as work:
        progress = await work.competition.progress(judged.case.posting, visit.learner)
        postings = await work.postings.answered(visit.schedule, visit.learner)
    return Aftermath(judged.awarded, progress, streak(postings, visit.today), judged.repeated)


async def judge_waiting(parts: Parts) -> int:
    """Judge what was stored and never judged, oldest first; how many got their verdict.

    One answer that cannot be judged does not hold up the others. Raises :class:`JudgeUnavailable` at the end when
    no cell could be had for some, and :class:`StoreUnavailable` at once.
    """
    async with parts.store.begin() as work:
        waiting = [
            Case(submission, await _posting_of(work, submission), await work.submissions.learner_of(submission))
            for submission in await work.submissions.unjudged()
        ]
    count = 0
    unavailable: JudgeUnavailable | None = None
    for case in waiting:
        try:
            count += not (await judge(parts, case)).repeated
        except JudgeUnavailable as fault:
            unavailable = fault
        except (QuestionUnsound, UnreadableNow):
            continue
    if unavailable is not None:
        raise unavailable
    return count
