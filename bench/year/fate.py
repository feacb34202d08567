"""What comes between: days that admins leave out, questions they take back, hours in which the bot was not running."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from bench.year.people import Place


@dataclass(frozen=True, slots=True)
class Away:
    """The bot was not running; what was asked of it meanwhile was asked again afterwards."""

    began_at: datetime
    ended_at: datetime

    def holds(self, at: datetime) -> bool:
        """Whether it was then."""
        return self.began_at <= at < self.ended_at


@dataclass(frozen=True, slots=True)
class Skip:
    """An admin had nothing posted on ``days`` dates from ``first`` on, and said so the evening before."""

    place: str
    first: date
    days: int

    @property
    def dates(self) -> frozenset[date]:
        """The dates left out."""
        return frozenset(self.first + timedelta(days=number) for number in range(self.days))


def _utc(month: int, day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


OUTAGES = (
    Away(_utc(2, 19, 7), _utc(2, 19, 10, 30)),
    Away(_utc(3, 17, 5, 30), _utc(3, 17, 16)),
    Away(_utc(6, 10, 14), _utc(6, 10, 15, 40)),
    Away(_utc(9, 1, 3), _utc(9, 2, 11)),
    Away(_utc(11, 11, 7, 10), _utc(11, 11, 7, 40)),
)
SKIPS = (
    Skip("Berlin study circle", date(2026, 2, 24), 1),
    Skip("Lord Howe reading group", date(2026, 3, 24), 2),
    Skip("Berlin study circle", date(2026, 8, 3), 7),
    Skip("New York interviews", date(2026, 11, 26), 2),
    Skip("Lord Howe reading group", date(2026, 12, 25), 2),
)

VOIDS = (
    ("Berlin study circle", date(2026, 3, 11)),
    ("Lord Howe reading group", date(2026, 7, 15)),
    ("New York interviews", date(2026, 10, 2)),
)
"""Where and on which dates the question turned out to be bad, and an admin took it back in the evening."""


def back_at(at: datetime) -> datetime:
    """When the bot could answer what was said to it ``at`` this time: soon after it was back, where it was away."""
    away = next((each for each in OUTAGES if each.holds(at)), None)
    return at if away is None else away.ended_at + (at - away.began_at) / 20 + timedelta(minutes=1)


def skipped(place: Place, days: Sequence[date]) -> frozenset[date]:
    """Those of ``days`` an admin left out there."""
    return frozenset(day for skip in SKIPS if skip.place == place.name for day in skip.dates) & frozenset(days)
