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
    await _explained_elsewhere(work, community, posting, at)


async def taken_back(work: UnitOfWork, community: Community, posting: Posting, at: datetime) -> None:
    """Have what was told when a posting closed say that it is void now."""
    if await work.messages.find(_slot(posting)) is not None:
        await work.outbox.put(_slot(posting), community.platform, None, at)
    await _explained_elsewhere(work, community, posting, at)


async def _explained_elsewhere(work: UnitOfWork, community: Community, posting: Posting, at: datetime) -> None:
    """Have explanations of the same question put right that waited for ``posting``: it is open no longer."""
    for other in await work.postings.closed_beside(posting):
        if await _is_told(work, other):
            await work.outbox.put(_slot(other), community.platform, None, at)


async def settle(work: UnitOfWork, community: Community, posting: Posting, at: datetime) -> None:
    """Where a posting has closed and no answer to it waits any more, have that shown: now, or in what is shown."""
    if posting.practice or await work.postings.closed_at(posting.id) is None:
        return
    # Held before it is counted: of the last two answers, judged at the same moment, one must see the other.
    if not (await work.outbox.hold(_slot(posting)) or await work.messages.hold(_slot(posting))):
        return
    if not await work.submissions.waiting(posting):
        await work.outbox.put(_slot(posting), community.platform, None, at)


async def _is_told(work: UnitOfWork, posting: Posting) -> bool:
    """Whether there is a message about its closing, or will be."""
    return await work.outbox.waits(_slot(posting)) or await work.messages.find(_slot(posting)) is not None


def _slot(posting: Posting) -> str:
    return slot(SlotKind.CLOSING, posting.id)
