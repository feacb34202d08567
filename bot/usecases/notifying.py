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
    if notice is not None and community.keeper_id is not None:
        name = slot(SlotKind.NOTICE, notice.id)
        await work.outbox.put(name, community.platform, community.keeper_id, at)
