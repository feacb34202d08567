"""When and where questions are posted by themselves, and which were queued."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Executable, Integer, bindparam, delete, not_, select, update

from bot.core.records import Community, Schedule
from bot.store.connection import Connected
from bot.store.engine import insert_new
from bot.store.rows import schedule_in
from bot.store.tables import queued, schedule

_PLANNED = ("zone", "post_at", "days", "mix", "paused", "skip_until", "next_at", "zone_data")
_WITH_ID = select(schedule).where(schedule.c.id == bindparam("wanted"))
_HELD = _WITH_ID.with_for_update(key_share=True)
_PAUSED = update(schedule).where(schedule.c.id == bindparam("wanted")).values(paused=True, next_at=None)
_DUE = (
    select(schedule)
    .where(schedule.c.next_at <= bindparam("now"))
    .order_by(schedule.c.next_at, schedule.c.id)
    .limit(bindparam("most", type_=Integer))
)
_NEXT = select(schedule.c.next_at).where(schedule.c.next_at.is_not(None)).order_by(schedule.c.next_at).limit(1)
_OLD = (
    select(schedule)
    .where(schedule.c.next_at.is_not(None), schedule.c.zone_data != bindparam("current"))
    .order_by(schedule.c.id)
    .limit(bindparam("most", type_=Integer))
)
_OF_COMMUNITY = (
    select(schedule)
    .where(schedule.c.community_id == bindparam("of_community"), not_(schedule.c.practice))
    .order_by(schedule.c.id)
)
_MOVED = (
    update(schedule)
    .where(schedule.c.id == bindparam("wanted"), schedule.c.next_at == bindparam("was"))
    .values(next_at=bindparam("to"), zone_data=bindparam("by"))
    .returning(schedule.c.id)
)
_QUEUED = select(queued.c.question_id).where(queued.c.schedule_id == bindparam("of_schedule")).order_by(queued.c.id)


class SqlSchedules:
    """See :class:`bot.timetable.Schedules`."""

    def __init__(self, connection: Connected) -> None:
        self._connection = connection

    async def get(self, schedule_id: int) -> Schedule | None:
        """The schedule with this id."""
        return next(iter(await self._those(_WITH_ID, wanted=schedule_id)), None)

    async def of(self, community: Community) -> tuple[Schedule, ...]:
        """All of a community, the oldest first; none of practice."""
        return await self._those(_OF_COMMUNITY, of_community=community.id)

    async def hold(self, schedule_id: int) -> Schedule | None:
        """The schedule with this id as it is now, and as nobody else changes it until the transaction ends."""
        return next(iter(await self._those(_HELD, wanted=schedule_id)), None)

    async def pause(self, schedule_id: int) -> None:
        """Post nothing more by itself; all else of it stays."""
        await self._connection.execute(_PAUSED, {"wanted": schedule_id})

    async def plan(self, schedule: Schedule) -> None:
        """Make everything about when it posts as it is in ``schedule``."""
        await self._plan(schedule)

    async def _plan(self, planned: Schedule) -> None:
        values = {name: getattr(planned, name) for name in _PLANNED}
        await self._connection.execute(update(schedule).where(schedule.c.id == planned.id).values(**values))

    async def due(self, at: datetime, count: int) -> tuple[Schedule, ...]:
        """Up to ``count`` schedules whose time has come at ``at``, the longest due first."""
        return await self._those(_DUE, now=at, most=count)

    async def next_due(self) -> datetime | None:
        """The earliest time at which any schedule posts."""
        found: datetime | None = await self._connection.scalar(_NEXT)
        return found

    async def move(self, schedule: Schedule, to: datetime | None, zone_data: str) -> bool:
        """Have it post next at ``to``, unless another has moved it since it was read; whether it was moved."""
        asked = {"wanted": schedule.id, "was": schedule.next_at, "to": to, "by": zone_data}
        return (await self._connection.execute(_MOVED, asked)).first() is not None

    async def outdated(self, zone_data: str, count: int) -> tuple[Schedule, ...]:
        """Up to ``count`` schedules whose next time was computed with another version of the zone database."""
        return await self._those(_OLD, current=zone_data, most=count)

    async def enqueue(self, schedule: Schedule, question_id: str) -> bool:
        """Ask this question as soon as those queued before it were asked; whether it was not queued yet."""
        return await insert_new(self._connection, queued, schedule_id=schedule.id, question_id=question_id)

    async def queued(self, schedule: Schedule) -> tuple[str, ...]:
        """Ids of the questions that are queued, in the order of their turn."""
        return tuple(await self._connection.scalars(_QUEUED, {"of_schedule": schedule.id}))

    async def dequeue(self, schedule: Schedule, question_id: str) -> bool:
        """Take a question out of the queue; whether it was in it."""
        mine = (queued.c.schedule_id == schedule.id, queued.c.question_id == question_id)
        return bool((await self._connection.execute(delete(queued).where(*mine))).rowcount)

    async def _those(self, query: Executable, **asked: object) -> tuple[Schedule, ...]:
        return tuple(map(schedule_in, (await self._connection.execute(query, asked)).mappings()))
