"""Telling admins what they have not asked for."""

from __future__ import annotations

from datetime import datetime

from bot.core.administration import NoticeKind
from bot.core.records import Community, Learner
from bot.core.slots import SlotKind, slot
from bot.repositories import UnitOfWork


async def tell_admin(
    work: UnitOfWork, community: Community, kind: NoticeKind, about: str, text: str, at: datetime
) -> None:
    """Have the community's keeper told, once of each kind ``about`` the same; without one it waits for the next."""
    notice = await work.administration.notify(community, kind, about, text, at)
    if notice is not None:
        # Asked for only now: a keeper who was read when an answer came may be gone by its verdict.
        keeper = await work.communities.keeper_of(community)
        await work.outbox.put(slot(SlotKind.NOTICE, notice.id), community.platform, keeper, at, shelved=keeper is None)


async def have_told(work: UnitOfWork, community: Community, keeper: Learner, at: datetime) -> None:
    """Have ``keeper`` told from now on what admins must know, and what nobody was told so far."""
    await work.communities.set_keeper(community, keeper.id)
    for notice in await work.administration.untold(community):
        await work.outbox.put(slot(SlotKind.NOTICE, notice), community.platform, keeper.id, at)
