"""When a schedule posts by itself: local dates, daylight saving, and what is done about a time that was missed."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.core.records import Schedule

MINUTES_OF_A_DAY = 24 * 60
ON_TIME = timedelta(minutes=5)
"""A question posted later than this says that it is late."""
LATEST = timedelta(hours=6)
"""A question that could not be posted for longer than this is not posted at all."""
_DAY, _MINUTE, _SECOND = timedelta(days=1), timedelta(minutes=1), timedelta(seconds=1)
_FARTHEST = 3 * 7
"""Days to look ahead: in every week there is a day that is allowed, though that very date may not exist."""


class Lateness(enum.StrEnum):
    """What is done about a time at which a question was due."""

    NOT_DUE = "not due"
    ON_TIME = "on time"
    LATE = "late"
    MISSED = "missed"


@dataclass(frozen=True, slots=True)
class Fire:
    """The question of the local date ``day`` is posted ``at`` this time, in UTC."""

    day: date
    at: datetime


def local_date(at: datetime, zone: str) -> date:
    """The date in ``zone`` (an IANA name) at the aware time ``at``. Raises ValueError for an unknown zone."""
    return at.astimezone(zone_called(zone)).date()


def zone_called(name: str) -> ZoneInfo:
    """The time zone with this IANA name. Raises ValueError for an unknown one."""
    try:
        return ZoneInfo(name)
    except (KeyError, OSError) as error:  # not found, or a directory of the zone database
        raise ValueError(f"no time zone is called {name!r}") from error


def instant(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    """When the clock on the wall shows ``minutes`` after midnight on ``day``, in UTC.

    Where it shows that twice, the first time counts; where it skips it, the first time after the gap.
    """
    wall = datetime.combine(day, datetime.min.time()) + timedelta(minutes=minutes)
    for _ in range(2 * MINUTES_OF_A_DAY):  # a gap of a whole day is the longest there was
        at = wall.replace(tzinfo=zone).astimezone(UTC)
        if at.astimezone(zone).replace(tzinfo=None) == wall:
            return at
        wall += _MINUTE
    raise ValueError(f"the clocks of {zone.key} skip more than a day from {day} on")


def exists(day: date, zone: ZoneInfo) -> bool:
    """Whether there is such a date: a place that moves over the date line skips one."""
    return instant(day, 0, zone) != instant(day + _DAY, 0, zone)


def next_fire(schedule: Schedule, after: datetime) -> Fire | None:
    """When the schedule posts next, strictly after the aware time ``after``; ``None`` if it does not by itself.

    Raises ValueError for a zone that is unknown.
    """
    if schedule.post_at is None or schedule.paused or not schedule.days:
        return None
    zone = zone_called(schedule.zone)
    # A gap at midnight moves the time of a day into the next one.
    first = local_date(after, schedule.zone) - _DAY
    if schedule.skip_until is not None:
        first = max(first, schedule.skip_until + _DAY)
    for day in (first + number * _DAY for number in range(_FARTHEST)):
        if not schedule.days >> day.weekday() & 1 or not exists(day, zone):
            continue
        at = instant(day, schedule.post_at, zone)
        if at > after:
            return Fire(day, at)
    return None


def fire_of(schedule: Schedule, at: datetime) -> Fire | None:
    """The first time of the local date of ``at`` or later at which the schedule posts; ``None`` if it does not.

    So it is found again what a time stood for that was computed by older rules of the zone.
    """
    zone = zone_called(schedule.zone)
    return next_fire(schedule, instant(local_date(at, schedule.zone), 0, zone) - _SECOND)


def lateness(due: datetime, now: datetime) -> Lateness:
    """What to do ``now`` about a question that was ``due`` then."""
    if now < due:
        return Lateness.NOT_DUE
    if now - due <= ON_TIME:
        return Lateness.ON_TIME
    return Lateness.LATE if now - due <= LATEST else Lateness.MISSED


@dataclass(frozen=True, slots=True)
class Turn:
    """What is due on a schedule now: a question to ``post``, if there is one, and days ``missed`` before it."""

    post: Fire | None
    missed: tuple[Fire, ...]


def turn(schedule: Schedule, now: datetime) -> Turn:
    """What became due since :attr:`Schedule.next_at`, all of it. Raises ValueError for a zone that is unknown."""
    due: list[Fire] = []
    fire = fire_of(schedule, schedule.next_at) if schedule.next_at is not None else None
    while fire is not None and fire.at <= now:
        due.append(fire)
        fire = next_fire(schedule, fire.at)
    # One question is open at a time: of several only the latest can still be posted.
    post = due[-1] if due and lateness(due[-1].at, now) is not Lateness.MISSED else None
    return Turn(post, tuple(due[:-1] if post else due))


def days_named(fires: Sequence[Fire]) -> str:
    """The days of ``fires``, from the first to the last, as text."""
    first, last = fires[0].day, fires[-1].day
    return f"{first:%A}, {first}" if first == last else f"{len(fires)} days from {first} to {last}"
