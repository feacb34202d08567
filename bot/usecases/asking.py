"""Asking: which question a day gets, and showing it."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import dataclass

from bot.core.cards import Card
from bot.core.commands import VERBS, Command
from bot.core.effects import Show
from bot.core.personal import own
from bot.core.presenting.postings import posting_card, solved_card, standing_card
from bot.core.presenting.troubles import closed_card, no_question_card, not_posted_card, taken_back_card
from bot.core.records import Posting, PostingState
from bot.core.slots import SlotKind, slot
from bot.repositories import UnitOfWork
from bot.usecases.opening import open_posting
from bot.usecases.parts import Effects, Parts
from bot.usecases.visiting import Caller, Visit, arrive


@dataclass(frozen=True, slots=True)
class Opened:
    """The posting a visit is about. ``is_new``: this very visit opened it; ``replaces``: and closed an earlier one."""

    posting: Posting
    replaces: bool
    is_new: bool = False


class PostingClosed(Exception):
    """What was said is about a posting that is closed, or that this community never had."""


class TakenBack(Exception):
    """The question of the day is void, and there is no other."""

    def __init__(self, posting: Posting) -> None:
        super().__init__(posting.id)
        self.posting = posting


async def today(parts: Parts, caller: Caller) -> Effects:
    """Show the question of the day, and to the caller alone what is theirs of it and where they stand."""
    at = parts.clock()
    async with parts.store.begin() as work:
        visit = await arrive(work, caller, at)
        opened = await posting_of(parts, work, visit)
        if opened is not None:
            posting = opened.posting
            answered, solved = await work.competition.counts(posting)
            progress = await work.competition.progress(posting, visit.learner)
            last = await work.submissions.latest(posting, visit.learner)
    if opened is None:
        yield Show(nothing_open_card(caller))
        return
    parts.banks.touch(posting.version)
    name, mine = slot(SlotKind.TASK, posting.id), own(posting, visit.learner, parts.seeds)
    if progress.solved:
        # To whom it has nothing left to ask, it is a thing to read again.
        yield Show(solved_card(mine, progress, answered, solved), slot=name)
        return
    yield Show(posting_card(posting, answered, solved), slot=name)
    if standing := standing_card(posting, mine, progress, last):
        yield Show(standing)


def nothing_open_card(caller: Caller) -> Card:
    """Why there is nothing to answer: an empty bank, or nobody has posted yet."""
    return no_question_card() if caller.opens_day else not_posted_card()


async def or_today(parts: Parts, caller: Caller, command: Command, effects: Effects) -> Effects:
    """``effects`` of ``command``; where its posting is not open, that, its text, and the question of the day."""
    text = command.argument if VERBS.get(command.verb) is not None and VERBS[command.verb].opens_form else ""
    try:
        async with aclosing(effects):
            try:
                async for effect in effects:
                    yield effect
                return
            except PostingClosed:
                pass
        yield Show(closed_card(text))
        text = ""
        async for effect in today(parts, caller):
            yield effect
    except TakenBack as fault:
        yield Show(taken_back_card(fault.posting, text))


async def posting_of(parts: Parts, work: UnitOfWork, visit: Visit, wanted: int | None = None) -> Opened | None:
    """The posting ``wanted``, else that of the visitor's day; ``None`` while there is no question at all.

    Raises :class:`PostingClosed` and :class:`TakenBack`. Where a visit opens the day, it does so whichever posting it
    is about; elsewhere a posting stays open until the next one is posted.
    """
    opened = await of_today(parts, work, visit)
    if wanted is None and opened is None:
        latest = await work.postings.latest(visit.schedule)
        if latest is not None and latest.state is PostingState.VOID:
            raise TakenBack(latest)
    if wanted is None or (opened is not None and wanted == opened.posting.id):
        return opened
    posting = await work.postings.get(wanted)
    if posting is None or posting.community_id != visit.community.id or posting.state is not PostingState.POSTED:
        raise PostingClosed
    if posting.practice and await _counts_now(work, visit, posting):
        raise PostingClosed
    return Opened(posting, replaces=False)


async def _counts_now(work: UnitOfWork, visit: Visit, practice: Posting) -> bool:
    # Practice gives help away: not on a question that now earns points, in whichever channel.
    counting = await work.learning.open_postings(visit.community)
    return any(posting.version.question.id == practice.version.question.id for posting in counting)


async def of_today(parts: Parts, work: UnitOfWork, visit: Visit) -> Opened | None:
    """The posting of the visitor's day; ``None`` while there is no question at all, or it was taken back."""
    if visit.caller.opens_day:
        opened = await opened_for(parts, work, visit)
        if opened is not None and opened.is_new:
            # Who opens it sees it: it is explained when it closes, whether somebody has answered or not.
            await work.messages.shown(slot(SlotKind.POSTING, opened.posting.id), visit.caller.platform, "", visit.at)
        return None if opened is not None and opened.posting.state is PostingState.VOID else opened
    posting = await work.postings.latest_open(visit.schedule)
    return Opened(posting, replaces=False) if posting else None


async def opened_for(parts: Parts, work: UnitOfWork, visit: Visit) -> Opened | None:
    """The posting of the visitor's day, opened if it is not yet; ``None`` while there is no question at all."""
    posting = await work.postings.latest_open(visit.schedule)
    # Where the zone moved west, the day of what is open may be yet to come.
    if posting is None or posting.local_date < visit.today:
        posting = await work.postings.open_for(visit.schedule, visit.today)
    if posting is not None:
        return Opened(posting, replaces=False)
    new = await open_posting(parts, work, visit.community, visit.schedule, visit.today, visit.at)
    return Opened(new.posting, new.replaces, new.is_new) if new is not None else None
