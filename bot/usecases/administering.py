"""Administering: what whoever runs a community does from chat."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from bot.core.cards import Card
from bot.core.effects import Show
from bot.core.presenting.settling import KEEPER_SETTING, SEASON_SETTING, audit_card, settings_card, unknown_setting
from bot.core.presenting.troubles import already_posted_card, no_question_card, posted_card, taken_back_card
from bot.core.records import Posting, PostingState
from bot.core.scoring import SEASON_LENGTHS
from bot.core.slots import SlotKind, slot
from bot.repositories import UnitOfWork
from bot.usecases.asking import opened_for
from bot.usecases.boards import boards_soon, settle_board
from bot.usecases.notifying import have_told
from bot.usecases.parts import Effects, Parts
from bot.usecases.visiting import Caller, Visit, arrive

ENTRIES = 20


async def post_now(parts: Parts, caller: Caller) -> Effects:
    """Post today's question in the caller's channel, once a day; where it never got there, again."""
    at = parts.clock()
    async with parts.store.begin() as work:
        visit = await arrive(work, caller, at, here=True)
        opened = await opened_for(parts, work, visit)
        if opened is not None and opened.posting.state is not PostingState.VOID:
            name = slot(SlotKind.POSTING, opened.posting.id)
            is_there = await work.messages.find(name) is not None
            if not is_there:
                # Whoever posts it is told when that fails.
                await work.outbox.put(name, caller.platform, None, at, str(visit.learner.id))
                await work.administration.record(visit.learner, "post-now", _posted(opened.posting, caller), at)
    if opened is None:
        yield Show(no_question_card())
        return
    if opened.posting.state is PostingState.VOID:
        yield Show(taken_back_card(opened.posting, ""))
        return
    parts.banks.touch(opened.posting.version)
    parts.wake()
    yield Show(already_posted_card(opened.posting) if is_there else posted_card(opened.posting))


def _posted(posting: Posting, caller: Caller) -> str:
    return f"{posting.version.question.id} for {posting.local_date} in {caller.channel}"


async def audit(parts: Parts, caller: Caller) -> Effects:
    """Show what admins did here last."""
    async with parts.store.begin() as work:
        visit = await arrive(work, caller, parts.clock())
        entries = await work.administration.entries(visit.community, ENTRIES)
    yield Show(audit_card(entries, visit.schedule.zone))


async def settings(parts: Parts, caller: Caller, said: str) -> Effects:
    """Show what is settled for the community; with the name of a setting and a value, change it."""
    name, _, value = " ".join(said.lower().split()).partition(" ")
    change = _CHANGES.get(name)
    async with parts.store.begin() as work:
        visit = await arrive(work, caller, parts.clock())
        complaint = await change(work, visit, value) if change else unknown_setting(name) if name else ""
        card = await _settled(parts, work, visit, complaint)
    parts.wake()
    yield Show(card)


async def _settled(parts: Parts, work: UnitOfWork, visit: Visit, complaint: str) -> Card:
    community = await work.communities.community_of(visit.community.id)
    keeper = None
    if community.keeper_id is not None:
        keeper = await work.communities.learner_with(community.keeper_id)
    board = await work.competition.has_board(community, visit.caller.channel)
    return settings_card(community, keeper, parts.retention, board=board, complaint=complaint)


async def _season(work: UnitOfWork, visit: Visit, value: str) -> str:
    """Make seasons as many months long; what is wrong with the value."""
    if value not in map(str, SEASON_LENGTHS):
        return SEASON_SETTING
    if int(value) != visit.community.season_months:
        await work.competition.count_seasons_anew(visit.community, int(value))
        await work.administration.record(visit.learner, "settings", f"season {value}", visit.at)
        await boards_soon(work, visit.community.id, visit.at)
    return ""


async def _keeper(work: UnitOfWork, visit: Visit, value: str) -> str:
    """Have the caller told what admins must know, or nobody."""
    if value not in ("me", "nobody"):
        return KEEPER_SETTING
    keeper = visit.learner.id if value == "me" else None
    if keeper != visit.community.keeper_id:
        if keeper is None:
            await work.communities.set_keeper(visit.community, None)
        else:
            await have_told(work, visit.community, visit.learner, visit.at)
        await work.administration.record(visit.learner, "settings", f"keeper {value}", visit.at)
    return ""


_CHANGES: Mapping[str, Callable[[UnitOfWork, Visit, str], Awaitable[str]]] = {
    "season": _season,
    "keeper": _keeper,
    "board": settle_board,
}
"""By the name of a setting, what changes it and says what is wrong with the value, if anything."""
