"""Reporting: what a learner finds wrong with a question or a verdict reaches an admin, with the answer it is about."""

from __future__ import annotations

from dataclasses import dataclass

from bot.core.administration import NoticeKind
from bot.core.cards import Card
from bot.core.commands import Command
from bot.core.effects import Ask, Effect, Refuse, Show
from bot.core.presenting.reports import (
    enough_reports_card,
    nothing_to_report_card,
    report_form,
    report_text,
    reported_card,
    unreported_card,
)
from bot.core.records import Posting, Submission
from bot.ports import StoreUnavailable
from bot.repositories import UnitOfWork
from bot.usecases.asking import of_today
from bot.usecases.notifying import tell_admin
from bot.usecases.parts import Effects, Parts
from bot.usecases.visiting import Caller, Visit, arrive

MOST_REPORTS = 3
"""Reports one learner may send about one posting."""


@dataclass(frozen=True, slots=True)
class _Subject:
    posting: Posting
    submission: Submission | None


async def report(parts: Parts, caller: Caller, command: Command, event_id: str) -> Effects:
    """Ask what is wrong where nothing was said, otherwise store it and tell an admin."""
    try:
        effect = await _effect(parts, caller, command, event_id)
    except StoreUnavailable as fault:
        if not command.argument.strip():
            raise
        effect = Refuse(str(fault), unreported_card(str(fault), command.argument))
    yield effect
    parts.wake()


async def _effect(parts: Parts, caller: Caller, command: Command, event_id: str) -> Effect:
    at = parts.clock()
    async with parts.store.begin() as work:
        visit = await arrive(work, caller, at)
        subject = await _subject(parts, work, visit, command.posting)
        if subject is None:
            return Show(nothing_to_report_card(command.argument))
        if not command.argument.strip():
            return Ask(report_form(subject.posting, subject.submission))
        return Show(await _report(work, visit, subject, event_id, command.argument.strip()))


async def _subject(parts: Parts, work: UnitOfWork, visit: Visit, wanted: int | None) -> _Subject | None:
    """The posting in view with the learner's last answer to it, open or not; else their last answer; else today's."""
    if wanted is not None:
        posting = await work.postings.get(wanted)
        if posting is not None and posting.community_id == visit.community.id:
            return _Subject(posting, await work.submissions.latest(posting, visit.learner))
    for submission, posting in await work.submissions.recent(visit.learner, 1):
        return _Subject(posting, submission)
    opened = await of_today(parts, work, visit)
    return _Subject(opened.posting, None) if opened else None


async def _report(work: UnitOfWork, visit: Visit, subject: _Subject, event_id: str, text: str) -> Card:
    posting, submission = subject.posting, subject.submission
    sent = await work.reports.count(visit.learner, posting)
    number = None
    if sent < MOST_REPORTS:
        number = await work.reports.add(visit.learner, posting, submission, event_id, text, visit.at)
    elif not await work.reports.has(visit.learner, event_id):
        return enough_reports_card(posting, text)
    if number is not None:
        told = report_text(visit.learner, posting, submission, text)
        await tell_admin(work, visit.community, NoticeKind.REPORT, str(number), told, visit.at)
    return reported_card(posting, submission, is_told=visit.community.keeper_id is not None)
