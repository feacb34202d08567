"""Telling admins what they have not asked for."""

from __future__ import annotations

from datetime import datetime

from bot.core.administration import NoticeKind
from bot.core.records import Community
from bot.core.slots import SlotKind, slot
from bot.repositories import UnitOfWork


async def tell_admin(
    work: UnitOfWork, community: Community, kind: NoticeKind, about: str, text: str, at: datetime
) -> None:
    """Have the community's keeper told, once of each kind ``about`` the same; without a keeper it is only kept."""
    notice = await work.administration.notify(community, kind, about, text, at)
    # Asked for only now: a keeper who was read when an answer came may be gone by its verdict.
    keeper = None if notice is None else await work.communities.keeper_of(community)
    if notice is not None and keeper is not None:
        await work.outbox.put(slot(SlotKind.NOTICE, notice.id), community.platform, keeper, at)
