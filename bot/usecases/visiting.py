"""Who is speaking, where, and which day it is there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from bot.core.calendar import local_date
from bot.core.records import Community, Learner, Schedule
from bot.repositories import UnitOfWork


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever gave a command, in the platform's own names. ``zone`` is the IANA name a new schedule starts with.

    ``is_admin``: the platform says, of this very event, that they may run the community. ``opens_day``: their visit
    alone opens the question of a new day, as in a terminal; elsewhere an admin posts it.
    """

    platform: str
    community_id: str
    community_name: str
    learner_id: str
    learner_name: str
    channel: str
    zone: str
    is_admin: bool = False
    opens_day: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """Where what takes a while can be shown later: ``address`` in the platform's own text, good for ``lasts``."""

    address: str = ""
    lasts: timedelta | None = None


NO_REPLY = Reply()


@dataclass(frozen=True, slots=True)
class Visit:
    """The caller as the store knows them, ``at`` the time of arrival; ``today`` is the schedule's local date."""

    caller: Caller
    community: Community
    learner: Learner
    schedule: Schedule
    at: datetime
    today: date


async def arrive(work: UnitOfWork, caller: Caller, at: datetime, *, here: bool = False) -> Visit:
    """Take the caller in; community, learner and schedule are made at first sight.

    A community that had left is back. The schedule is that of their channel, or where it has none the community's;
    with ``here`` the channel's in any case.
    """
    community = await work.communities.community(caller.platform, caller.community_id, caller.community_name)
    if community.left_at is not None:
        await work.tenancy.join(community.platform, community.external_id)
    learner = await work.communities.learner(community, caller.learner_id, caller.learner_name)
    near = None if here else await work.communities.schedule_near(community, caller.channel)
    schedule = near or await work.communities.schedule(community, caller.channel, caller.zone)
    return Visit(caller, community, learner, schedule, at, local_date(at, schedule.zone))
