"""The calendar: questions are posted when they are due, once, whoever else looks at the same clock."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime

import structlog

from bot.core.administration import NoticeKind
from bot.core.calendar import Fire, Lateness, days_named, fire_of, lateness, next_fire, turn
from bot.core.presenting import notices
from bot.core.records import Community, Schedule
from bot.core.slots import SlotKind, slot
from bot.core.uptime import silence
from bot.ports import StoreUnavailable
from bot.repositories import UnitOfWork
from bot.usecases.notifying import tell_admin
from bot.usecases.opening import NewPosting, open_posting
from bot.usecases.parts import Parts
from bot.usecases.retrying import in_one_go

LOOK_SECONDS = 30.0
"""How long the clock is trusted: it may be set, and the machine may have slept."""
AGAIN_SECONDS = 5.0
"""How soon a database that is away is tried again."""
AT_ONCE = 100
"""Schedules looked up at a time."""
FEW = 7
"""With fewer questions left that were never asked, an admin is told."""
_log = structlog.get_logger()


async def keep_calendar(parts: Parts, *, beats: bool) -> None:
    """Post what is due, as soon as it is, until cancelled.

    ``beats``: this process is there for everybody, so that when none is, that is an outage.
    """
    is_recomputed = False
    while True:
        ring, wait = parts.clock_bell.next, AGAIN_SECONDS
        try:
            if beats:
                await beat(parts)
            if not is_recomputed:
                await recompute(parts)
                is_recomputed = True
            await post_due(parts)
            wait = await _until_next(parts)
        except StoreUnavailable as fault:
            _log.warning("the calendar waits for the database", reason=str(fault))
        except Exception:  # one fault must not leave every later question unposted
            _log.exception("the calendar failed; trying again soon")
        await parts.clock_bell.until(ring, wait)


async def beat(parts: Parts) -> None:
    """Leave a sign of life; where the last one is old, write down that we were away."""
    async with parts.store.begin() as work:
        at = parts.clock()
        away = silence(await work.uptime.beat(at), at)
        if away is not None:
            await work.uptime.away(away)
    if away is not None:
        _log.warning("nobody was there to take answers", since=away.began_at, until=away.ended_at)


async def recompute(parts: Parts) -> None:
    """Compute anew what was computed with another version of the zone database. Raises StoreUnavailable."""
    while True:
        async with parts.store.begin() as work:
            outdated = await work.schedules.outdated(parts.zone_data, AT_ONCE)
            for schedule in outdated:
                await _recompute(parts, work, schedule)
        if len(outdated) < AT_ONCE:
            return
        await asyncio.sleep(0)


async def _recompute(parts: Parts, work: UnitOfWork, schedule: Schedule) -> None:
    assert schedule.next_at is not None, "others are never outdated"
    try:
        fire = fire_of(schedule, schedule.next_at)
    except ValueError:
        community = await work.communities.community_of(schedule.community_id)
        await _without_zone(parts, work, community, schedule, parts.clock())
        return
    await work.schedules.move(schedule, fire.at if fire else None, parts.zone_data)


async def post_due(parts: Parts) -> int:
    """Post what is due now; how many questions that were. Raises :class:`bot.ports.StoreUnavailable`."""
    async with parts.store.read() as work:
        due = await work.schedules.due(parts.clock(), AT_ONCE)
    posted = 0
    while due:
        results = [await _take_turn(parts, schedule) for schedule in due]
        posted += results.count(True)
        if posted:
            parts.wake()
        if len(due) < AT_ONCE or None in results:
            break  # what failed would be found again at once
        async with parts.store.read() as work:
            due = await work.schedules.due(parts.clock(), AT_ONCE)
    return posted


async def _take_turn(parts: Parts, schedule: Schedule) -> bool | None:
    """Whether this call posted a question on a schedule whose time has come; ``None`` where that failed."""
    try:
        return await in_one_go(parts.store, lambda work: _in_turn(parts, work, schedule))
    except StoreUnavailable:
        raise
    except Exception:  # it must not keep the questions of others back
        _log.exception("a question could not be posted; trying again soon", schedule=schedule.id)
        return None


async def _in_turn(parts: Parts, work: UnitOfWork, schedule: Schedule) -> bool:
    """All of it in one transaction: the next time, the posting, the message, and what is told of days missed."""
    at = parts.clock()
    community = await work.communities.community_of(schedule.community_id)
    try:
        found, following = turn(schedule, at), next_fire(schedule, at)
    except ValueError:
        await _without_zone(parts, work, community, schedule, at)
        return False
    if not await work.schedules.move(schedule, following.at if following else None, parts.zone_data):
        return False  # another process was faster, or an admin has changed it
    if community.left_at is not None:
        return False  # its times go on without it, so that it is asked again when it is back
    if found.missed:
        await _tell_missed(work, community, schedule, found.missed, at)
    return found.post is not None and await _post(parts, work, community, schedule, found.post, at)


async def _post(
    parts: Parts, work: UnitOfWork, community: Community, schedule: Schedule, fire: Fire, at: datetime
) -> bool:
    opened = await work.postings.latest_open(schedule)
    if opened is not None and opened.local_date >= fire.day:
        return False  # an admin has posted it by hand
    if await work.postings.open_for(schedule, fire.day) is not None:
        return False
    new = await open_posting(parts, work, community, schedule, fire.day, at, fire.at)
    if new is None:
        text = notices.none_to_ask_text(schedule, fire.day)
        await tell_admin(work, community, NoticeKind.MISSED, f"schedule {schedule.id} on {fire.day}", text, at)
        return False
    if not new.is_new:
        return False  # an admin has posted it by hand, at this moment
    await work.outbox.put(slot(SlotKind.POSTING, new.posting.id), community.platform, None, at)
    parts.banks.touch(new.posting.version)
    if lateness(fire.at, at) is Lateness.LATE:
        _log.warning("a question is posted late", schedule=schedule.id, due=fire.at)
    await _tell_few(work, community, schedule, new, at)
    return True


async def _tell_few(work: UnitOfWork, community: Community, schedule: Schedule, new: NewPosting, at: datetime) -> None:
    if new.left >= FEW:
        return
    # Once for each size of the bank: told again when new questions have run out in their turn.
    about = f"schedule {schedule.id}, {new.known} questions"
    text = notices.few_left_text(schedule, new.left, new.known)
    await tell_admin(work, community, NoticeKind.LOW_QUEUE, about, text, at)


async def _tell_missed(
    work: UnitOfWork, community: Community, schedule: Schedule, missed: Sequence[Fire], at: datetime
) -> None:
    _log.warning("questions were missed", schedule=schedule.id, days=days_named(missed))
    text = notices.missed_text(schedule, missed)
    await tell_admin(work, community, NoticeKind.MISSED, f"schedule {schedule.id} on {missed[-1].day}", text, at)


async def _without_zone(parts: Parts, work: UnitOfWork, community: Community, schedule: Schedule, at: datetime) -> None:
    """The zone database of this machine does not have its zone: an admin must name another."""
    if not await work.schedules.move(schedule, None, parts.zone_data):
        return  # an admin has just done so
    await work.schedules.pause(schedule.id)
    about, text = f"schedule {schedule.id} in {schedule.zone}", notices.zone_gone_text(schedule)
    await tell_admin(work, community, NoticeKind.PAUSED, about, text, at)


async def _until_next(parts: Parts) -> float:
    async with parts.store.read() as work:
        due = await work.schedules.next_due()
    if due is None:
        return LOOK_SECONDS
    seconds = (due - parts.clock()).total_seconds()
    # What is due already failed a moment ago.
    return AGAIN_SECONDS if seconds <= 0 else min(LOOK_SECONDS, seconds)
