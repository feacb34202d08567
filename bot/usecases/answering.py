"""Answering: read kindly, store, acknowledge. What was stored is never lost, and judged behind the caller's back."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.core.answers import Unreadable, read_answer, read_choice, read_code
from bot.core.cards import Code
from bot.core.commands import Command
from bot.core.effects import Ask, Effect, Refuse, Show
from bot.core.personal import own
from bot.core.presenting.postings import answer_form
from bot.core.presenting.troubles import (
    NOTHING_LOST,
    not_stored_card,
    rolled_over_card,
    too_many_card,
    unreadable_card,
)
from bot.core.presenting.verdicts import Turn, running_card
from bot.core.questions import ChoiceTask, CodeTask, Question, value_task
from bot.core.records import Case, Posting, Submission, SubmissionState
from bot.core.slots import SlotKind, slot
from bot.ports import StoreUnavailable
from bot.repositories import UnitOfWork
from bot.usecases.asking import PostingClosed, nothing_open_card, posting_of
from bot.usecases.cases import outcome_card
from bot.usecases.judging import judge_later, judge_soon
from bot.usecases.parts import Effects, Parts
from bot.usecases.replies import expect
from bot.usecases.retrying import in_one_go
from bot.usecases.runs import OF_ONE_LEARNER, Place
from bot.usecases.visiting import Caller, Reply, arrive

FORGOTTEN_AFTER = timedelta(minutes=10)
"""How long an answer without a verdict counts as one that is under way."""


class _TooMany(Exception):
    """Its learner has as many answers under way as they may have; the transaction must leave nothing."""


async def answer(parts: Parts, caller: Caller, command: Command, event_id: str, reply: Reply) -> Effects:
    """Ask for an answer when there is none, otherwise store it and say so; its verdict comes through the outbox."""
    if not command.argument.strip():
        yield await asked_for(parts, caller, command)
        return
    place = parts.runs.enter(caller, event_id)
    if place is None:
        yield too_many(command)
        return
    with contextlib.ExitStack() as admitted:
        admitted.callback(parts.runs.leave, place)
        try:
            received = await _receive(parts, caller, command, event_id, reply)
        except StoreUnavailable as fault:
            yield Refuse(str(fault), not_stored_card(str(fault), command.argument))
            return
        except _TooMany:
            yield too_many(command)
            return
        if isinstance(received, Refuse):
            yield received
            return
        case, turn = received
        name = slot(SlotKind.VERDICT, case.submission.id)
        if case.submission.state is SubmissionState.STORED:
            turn = turn or Turn(_begin(parts, case, place, admitted.pop_all().close))
            yield Show(running_card(case.question, case.submission, turn), slot=name, working=True)
            return
    async with parts.store.begin() as work:
        card = await outcome_card(parts, work, case, repeated=True)
    yield Show(card, slot=name)


def _begin(parts: Parts, case: Case, place: Place, leave: Callable[[], None]) -> int:
    """Have an answer judged, now or when there is room; its position in the queue."""
    is_code = case.question.kind == "code"
    position = parts.runs.queue(place) if is_code else 0
    if not is_code or parts.runs.hold(place):
        parts.background.start(judge_soon(parts, case, leave))
        return position
    number = case.submission.id  # all that is kept of it

    def start() -> None:
        parts.background.start(judge_later(parts, number, leave))

    parts.runs.later(place, start)
    return position


def too_many(command: Command) -> Refuse:
    """Whoever has one run under way and one waiting gets the text of a third one back."""
    card = too_many_card(command.verb, command.argument)
    return Refuse(f"{card.title}. Nothing was counted; send this again when one of them is through.", card)


async def asked_for(parts: Parts, caller: Caller, command: Command) -> Effect:
    """The form that asks for what ``command`` lacks, opening with the caller's last attempt."""
    at = parts.clock()
    async with parts.store.begin() as work:
        visit = await arrive(work, caller, at)
        opened = await posting_of(parts, work, visit, command.posting)
        last = await work.submissions.latest(opened.posting, visit.learner) if opened else None
    if opened is None:
        return Show(nothing_open_card(caller))
    parts.banks.touch(opened.posting.version)
    draft = parts.drafts.of(opened.posting, visit.learner)
    return Ask(answer_form(own(opened.posting, visit.learner, parts.seeds), last, command.verb, draft))


async def _receive(
    parts: Parts, caller: Caller, command: Command, event_id: str, reply: Reply
) -> tuple[Case, Turn | None] | Refuse:
    """Store the answer, and where its verdict goes, in one transaction; nothing of it when it cannot be an answer.

    With its turn where that transaction has put it into the queue for judges elsewhere. Raises :class:`_TooMany`.
    """
    at = parts.clock()

    async def act(work: UnitOfWork) -> tuple[Case, Turn | None] | Refuse:
        return await _stored(parts, work, _Sent(caller, command, event_id, reply, at))

    received = await in_one_go(parts.store, act)
    if not isinstance(received, Refuse):
        case, _ = received
        parts.banks.touch(case.posting.version)
        parts.drafts.drop(case.posting, case.learner)
    return received


@dataclass(frozen=True, slots=True)
class _Sent:
    caller: Caller
    command: Command
    event_id: str
    reply: Reply
    at: datetime


async def _stored(parts: Parts, work: UnitOfWork, sent: _Sent) -> tuple[Case, Turn | None] | Refuse:
    text, at = sent.command.argument, sent.at
    visit = await arrive(work, sent.caller, at)
    opened = await posting_of(parts, work, visit, sent.command.posting)
    if opened is None:
        card = nothing_open_card(sent.caller)
        return Refuse(f"{card.title}.", replace(card, blocks=(*card.blocks, Code(text, "text", NOTHING_LOST))))
    if opened.replaces:
        # Nobody has seen the new question, so this cannot be an answer to it.
        card = rolled_over_card(opened.posting, text)
        return Refuse(f"{card.title}; nothing was counted. Look at it with today.", card)
    read = readable(own(opened.posting, visit.learner, parts.seeds).version.question, text)
    if isinstance(read, Unreadable):
        parts.drafts.keep(opened.posting, visit.learner, text)
        return Refuse(read.message, unreadable_card(read.message, text))
    submission = await work.submissions.add(opened.posting, visit.learner, sent.event_id, read, at)
    if submission is None:  # the next question has been opened, or this one taken back, at this moment
        raise PostingClosed
    posting: Posting | None = opened.posting
    if submission.posting_id != opened.posting.id:  # the same event again, when another question is open
        posting = await work.postings.get(submission.posting_id)
    assert posting is not None, "a submission keeps its posting"
    if submission.state is SubmissionState.STORED:
        await expect(parts, work, slot(SlotKind.VERDICT, submission.id), sent.caller.platform, sent.reply, at)
    is_queued = parts.is_queued and posting.version.question.kind == "code"
    turn = await _queued(work, submission, at) if is_queued else None
    return Case(submission, posting, visit.learner, visit.community), turn


async def _queued(work: UnitOfWork, submission: Submission, at: datetime) -> Turn | None:
    """Put an answer of code into the queue for judges elsewhere, unless it is there; what it waits for."""
    if submission.state is not SubmissionState.STORED:
        return None
    # Other processes take answers of this learner, too. What has waited for so long was given up by whoever took it.
    if await work.submissions.unjudged_since(submission, at - FORGOTTEN_AFTER) >= OF_ONE_LEARNER:
        raise _TooMany
    turn = Turn(await work.jobs.ahead(), has_judge=await work.jobs.has_judge())
    if submission.received_at == at:  # the same event again finds the job of the first time
        await work.jobs.judge(submission.id)
    return turn


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
    read = read_answer(text, value_task(question).solution)
    return read if isinstance(read, Unreadable) else text.encode("utf-8", "replace").decode().replace("\0", "").strip()
