"""Closing: what is told below a posting when the next one opens, once every answer that came in time is judged."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.core.records import Community, Posting
from bot.core.slots import SlotKind, slot
from bot.core.uptime import Span, is_excused
from bot.repositories import UnitOfWork

PATIENCE = timedelta(minutes=10)
"""How long the explanation waits for verdicts."""


async def close(work: UnitOfWork, community: Community, posting: Posting, at: datetime) -> None:
    """Note whether a posting that closed ``at`` this time is excused, and have its explanation shown."""
    open_for = Span(posting.opened_at, at)
    if is_excused(open_for.began_at, open_for.ended_at, await work.uptime.outages(open_for)):
        await work.postings.excuse(posting)
    waits = await work.submissions.waiting(posting) > 0
    await work.outbox.put(_slot(posting), community.platform, None, at + PATIENCE if waits else at)


async def settle(work: UnitOfWork, community: Community, posting: Posting, at: datetime) -> None:
    """Where a posting has closed and no answer to it waits any more, have that shown: now, or in what is shown."""
    if posting.practice or await work.postings.closed_at(posting.id) is None:
        return
    # Held before it is counted: of the last two answers, judged at the same moment, one must see the other.
    if not (await work.outbox.hold(_slot(posting)) or await work.messages.hold(_slot(posting))):
        return
    if not await work.submissions.waiting(posting):
        await work.outbox.put(_slot(posting), community.platform, None, at)


def _slot(posting: Posting) -> str:
    return slot(SlotKind.CLOSING, posting.id)
