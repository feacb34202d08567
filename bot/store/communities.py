"""Who takes part, and where."""

from __future__ import annotations

from typing import Any

from sqlalchemy import RowMapping, Table, and_, func, not_, select, update

from bot.core.records import Community, Learner, Posting, Schedule
from bot.store.connection import Connected
from bot.store.engine import insert_new
from bot.store.rows import community_in, learner_in, schedule_in
from bot.store.tables import community, learner, posting, schedule


class SqlCommunities:
    """See :class:`bot.repositories.Communities`."""

    def __init__(self, connection: Connected) -> None:
        self._connection = connection

    async def community(self, platform: str, external_id: str, name: str) -> Community:
        """The community so named, created at first sight; its name is kept up to date."""
        return community_in(await self._named(community, name, platform=platform, external_id=external_id))

    async def learner(self, community: Community, external_id: str, name: str) -> Learner:
        """The learner so named, created at first sight; the name is kept up to date."""
        return learner_in(await self._named(learner, name, community_id=community.id, external_id=external_id))

    async def schedule(self, community: Community, channel: str, zone: str, *, practice: bool = False) -> Schedule:
        """The schedule of that channel, created at first sight; what is posted on a ``practice`` one never scores."""
        key = {"community_id": community.id, "channel": channel}
        return schedule_in(await self._first_sight(schedule, key, zone=zone, practice=practice))

    async def schedule_near(self, community: Community, channel: str) -> Schedule | None:
        """The schedule of that channel if it ever posted, else the community's that posted last, else its oldest."""
        posted = select(func.max(posting.c.opened_at)).where(posting.c.schedule_id == schedule.c.id).scalar_subquery()
        query = (
            select(schedule)
            .where(schedule.c.community_id == community.id, not_(schedule.c.practice))
            .order_by(
                and_(schedule.c.channel == channel, posted.is_not(None)).desc(),
                posted.desc().nulls_last(),
                schedule.c.id,
            )
            .limit(1)
        )
        row = (await self._connection.execute(query)).mappings().one_or_none()
        return None if row is None else schedule_in(row)

    async def schedule_of(self, posting: Posting) -> Schedule:
        """The schedule a posting belongs to."""
        return schedule_in(await self._with_id(schedule, posting.schedule_id))

    async def community_of(self, community_id: int) -> Community:
        """The community with this id."""
        return community_in(await self._with_id(community, community_id))

    async def learner_with(self, learner_id: int) -> Learner:
        """The learner with this id."""
        return learner_in(await self._with_id(learner, learner_id))

    async def _with_id(self, table: Table, number: int) -> RowMapping:
        return (await self._connection.execute(select(table).where(table.c.id == number))).mappings().one()

    async def _named(self, table: Table, name: str, **key: Any) -> RowMapping:
        row = await self._first_sight(table, key, name=name)
        # Everything a learner does passes here: writing only what changed keeps reading free of disk syncs.
        renamed = update(table).where(table.c.id == row[table.c.id], table.c.name != name)
        if row[table.c.name] != name and (await self._connection.execute(renamed.values(name=name))).rowcount:
            row = await self._first_sight(table, key)
        return row

    async def _first_sight(self, table: Table, key: dict[str, Any], **others: Any) -> RowMapping:
        query = select(table).where(and_(*(table.c[name] == value for name, value in key.items())))
        row = (await self._connection.execute(query)).mappings().one_or_none()
        if row is None:
            await insert_new(self._connection, table, **key, **others)
            row = (await self._connection.execute(query)).mappings().one()
        return row
