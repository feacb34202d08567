"""When a channel does not take the question of a day: its schedule pauses, its admin is told, and no streak breaks."""

from __future__ import annotations

from datetime import datetime

from bot.core.administration import NoticeKind
from bot.core.presenting.notices import refused_text
from bot.core.records import Delivery
from bot.core.slots import number_of
from bot.repositories import UnitOfWork
from bot.usecases.notifying import tell_admin


async def posting_refused(work: UnitOfWork, delivery: Delivery, reason: str, at: datetime, *, is_gone: bool) -> None:
    """A posting of the calendar did not get into its channel, where the platform will never take it if ``is_gone``.

    What an admin posts by hand is told to that admin.
    """
    posting = await work.postings.get(number_of(delivery.slot))
    if posting is None or posting.due_at is None:
        return
    schedule = await work.schedules.get(posting.schedule.id)
    community = await work.communities.community_of(posting.community_id)
    about = f"posting {posting.id}"
    if schedule is None or not is_gone:
        await tell_admin(work, community, NoticeKind.MISSED, about, refused_text(posting, reason, paused=False), at)
        return
    await work.postings.excuse(posting)
    await work.schedules.pause(schedule.id)
    await tell_admin(work, community, NoticeKind.PAUSED, about, refused_text(posting, reason, paused=True), at)
