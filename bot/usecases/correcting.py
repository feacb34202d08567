"""Taking a posting back: it closes, what was earned on it goes back, and nobody's streak counts it."""

from __future__ import annotations

from bot.core.cards import Card
from bot.core.correcting import Meant, meant
from bot.core.effects import Show
from bot.core.presenting.corrections import (
    already_void_card,
    no_posting_card,
    not_meant_card,
    void_warning_card,
    voided_card,
)
from bot.core.records import Posting, PostingState
from bot.core.slots import SlotKind, slot
from bot.repositories import UnitOfWork
from bot.usecases.boards import boards_soon
from bot.usecases.closing import taken_back
from bot.usecases.memories import relearn_soon
from bot.usecases.parts import Effects, Parts
from bot.usecases.retrying import in_one_go
from bot.usecases.visiting import Caller, Visit, arrive


async def void(parts: Parts, caller: Caller, said: str) -> Effects:
    """Say what taking a posting back does; with ``yes``, take it back."""
    wanted = meant(said)
    if wanted is None:
        yield Show(not_meant_card("void", said))
        return
    at = parts.clock()

    async def act(work: UnitOfWork) -> tuple[Posting | None, Card]:
        visit = await arrive(work, caller, at)
        posting = await posting_meant(work, visit, wanted)
        if posting is None:
            return None, no_posting_card(wanted.posting)
        return posting, await _void(work, visit, posting, wanted)

    posting, card = await in_one_go(parts.store, act)
    parts.wake()
    if posting is not None and wanted.agreed and posting.state is not PostingState.VOID:
        parts.background.start(relearn_soon(parts, posting, posting.version))
    yield Show(card)


async def posting_meant(work: UnitOfWork, visit: Visit, wanted: Meant) -> Posting | None:
    """The posting an admin means, of their own community and not of practice; without a number the latest here."""
    if wanted.posting is None:
        return await work.postings.latest(visit.schedule)
    posting = await work.postings.get(wanted.posting)
    is_theirs = posting is not None and posting.community_id == visit.community.id and not posting.practice
    return posting if is_theirs else None


async def _void(work: UnitOfWork, visit: Visit, posting: Posting, wanted: Meant) -> Card:
    if posting.state is PostingState.VOID:
        return already_void_card(posting)
    if not wanted.agreed:
        points = [points for points, _ in (await work.competition.ledger(posting)).sums.values() if points > 0]
        return void_warning_card(posting, len(points), sum(points))
    back = await work.competition.void(posting, visit.at)
    if back is None:  # somebody was faster
        return already_void_card(posting)
    await work.administration.record(visit.learner, "schedule void", f"posting {posting.id}", visit.at)
    name = slot(SlotKind.POSTING, posting.id)
    if await work.messages.find(name) is not None:
        await work.outbox.put(name, visit.community.platform, None, visit.at)
    await taken_back(work, visit.community, posting, visit.at)
    await boards_soon(work, visit.community.id, visit.at)
    return voided_card(posting, sum(each.points < 0 for each in back))
