"""The calendar in the database, as the use cases see it; see :mod:`bot.repositories`."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from bot.core.records import Community, Schedule
from bot.core.uptime import Span


class Schedules(Protocol):
    """When and where questions are posted by themselves, and which were queued."""

    async def get(self, schedule_id: int) -> Schedule | None:
        """The schedule with this id."""

    async def of(self, community: Community) -> tuple[Schedule, ...]:
        """All of a community, the oldest first; none of practice."""

    async def hold(self, schedule_id: int) -> Schedule | None:
        """The schedule with this id as it is now, and as nobody else changes it until the transaction ends."""

    async def plan(self, schedule: Schedule) -> None:
        """Make everything about when it posts as it is in ``schedule``, which is held."""

    async def pause(self, schedule_id: int) -> None:
        """Post nothing more by itself; all else of it stays."""

    async def due(self, at: datetime, count: int) -> tuple[Schedule, ...]:
        """Up to ``count`` schedules whose time has come at ``at``, the longest due first."""

    async def next_due(self) -> datetime | None:
        """The earliest time at which any schedule posts."""

    async def move(self, schedule: Schedule, to: datetime | None, zone_data: str) -> bool:
        """Have it post next at ``to``, unless another has moved it since it was read; whether it was moved.

        ``zone_data`` is the version of the zone database that ``to`` was computed with.
        """

    async def outdated(self, zone_data: str, count: int) -> tuple[Schedule, ...]:
        """Up to ``count`` schedules whose next time was computed with another version of the zone database."""

    async def enqueue(self, schedule: Schedule, question_id: str) -> bool:
        """Ask this question as soon as those queued before it were asked; whether it was not queued yet."""

    async def queued(self, schedule: Schedule) -> tuple[str, ...]:
        """Ids of the questions that are queued, in the order of their turn."""

    async def dequeue(self, schedule: Schedule, question_id: str) -> bool:
        """Take a question out of the queue; whether it was in it."""


class Uptime(Protocol):
    """When we were there to take answers, and when not."""

    async def beat(self, at: datetime) -> datetime | None:
        """Note that we are there at ``at``; when that was noted last, by any process."""

    async def away(self, span: Span) -> None:
        """Note that nobody was there to take answers."""

    async def outages(self, span: Span) -> tuple[Span, ...]:
        """When nobody was there, as far as it touches ``span``, the earliest first."""
