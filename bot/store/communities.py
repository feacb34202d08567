"""Who takes part, and where."""

from __future__ import annotations

from typing import Any, TypeAlias

from sqlalchemy import Executable, RowMapping, Table, and_, bindparam, func, not_, select, update

from bot.core.records import Community, Learner, Schedule
from bot.store.connection import Connected
from bot.store.engine import insert_new
from bot.store.rows import community_in, learner_in, schedule_in
from bot.store.tables import community, learner, posting, schedule

Row: TypeAlias = dict[str, Any]

_LEARNER = select(learner).where(
    learner.c.community_id == bindparam("of_community"), learner.c.external_id == bindparam("named")
)
_COMMUNITY = select(community).where(
    community.c.platform == bindparam("on_platform"), community.c.external_id == bindparam("named")
)
_SCHEDULE = select(schedule).where(
    schedule.c.community_id == bindparam("of_community"), schedule.c.channel == bindparam("named")
)
_POSTED = select(func.max(posting.c.opened_at)).where(posting.c.schedule_id == schedule.c.id).scalar_subquery()
_NEAR = (
    select(schedule)
    .where(schedule.c.community_id == bindparam("of_community"), not_(schedule.c.practice))
    .order_by(
        and_(schedule.c.channel == bindparam("in_channel"), _POSTED.is_not(None)).desc(),
        _POSTED.desc().nulls_last(),
        schedule.c.id,
    )
    .limit(1)
)
_WITH_ID = {table: select(table).where(table.c.id == bindparam("wanted")) for table in (community, learner)}
_KEPT = update(community).where(community.c.id == bindparam("wanted")).values(keeper_id=bindparam("told"))
# One who is going just now is passed over: they might wait for what this transaction has written already.
_KEEPER = (
    select(learner.c.id)
    .join(community, community.c.keeper_id == learner.c.id)
    .where(community.c.id == bindparam("wanted"))
    .with_for_update(read=True, key_share=True, skip_locked=True, of=learner)
)
_RENAMED = {
    table: update(table)
    .where(table.c.id == bindparam("wanted"), table.c.name != bindparam("now"))
    .values(name=bindparam("now"))
    for table in (community, learner)
}


class SqlCommunities:
    """See :class:`bot.repositories.Communities`."""

    def __init__(self, connection: Connected) -> None:
        self._connection = connection

    async def community(self, platform: str, external_id: str, name: str) -> Community:
        """The community so named, created at first sight; its name is kept up to date."""
        asked = {"on_platform": platform, "named": external_id}
        new = {"platform": platform, "external_id": external_id, "name": name}
        return community_in(await self._named(community, _COMMUNITY, asked, new))

    async def learner(self, community: Community, external_id: str, name: str) -> Learner:
        """The learner so named, created at first sight; the name is kept up to date."""
        asked = {"of_community": community.id, "named": external_id}
        new = {"community_id": community.id, "external_id": external_id, "name": name}
        return learner_in(await self._named(learner, _LEARNER, asked, new))

    async def schedule(self, community: Community, channel: str, zone: str, *, practice: bool = False) -> Schedule:
        """The schedule of that channel, created at first sight; what is posted on a ``practice`` one never scores."""
        asked = {"of_community": community.id, "named": channel}
        new = {"community_id": community.id, "channel": channel, "zone": zone, "practice": practice}
        return schedule_in(await self._first_sight(schedule, _SCHEDULE, asked, new))

    async def schedule_near(self, community: Community, channel: str) -> Schedule | None:
        """The schedule of that channel if it ever posted, else the community's that posted last, else its oldest."""
        asked = {"of_community": community.id, "in_channel": channel}
        row = (await self._connection.execute(_NEAR, asked)).mappings().one_or_none()
        return None if row is None else schedule_in(row)

    async def set_keeper(self, community: Community, learner_id: int | None) -> None:
        """Have that learner told what admins of the community must know, or nobody."""
        await self._connection.execute(_KEPT, {"wanted": community.id, "told": learner_id})

    async def keeper_of(self, community: Community) -> int | None:
        """The learner who is told that, and does not go before this transaction ends; ``None`` where none is."""
        keeper: int | None = await self._connection.scalar(_KEEPER, {"wanted": community.id})
        return keeper

    async def community_of(self, community_id: int) -> Community:
        """The community with this id."""
        return community_in(await self._with_id(community, community_id))

    async def learner_with(self, learner_id: int) -> Learner:
        """The learner with this id."""
        return learner_in(await self._with_id(learner, learner_id))

    async def _with_id(self, table: Table, number: int) -> RowMapping:
        return (await self._connection.execute(_WITH_ID[table], {"wanted": number})).mappings().one()

    async def _named(self, table: Table, query: Executable, asked: Row, new: Row) -> RowMapping:
        row = await self._first_sight(table, query, asked, new)
        # Everything a learner does passes here: writing only what changed keeps reading free of disk syncs.
        if row[table.c.name] != new["name"]:
            renamed = {"wanted": row[table.c.id], "now": new["name"]}
            if (await self._connection.execute(_RENAMED[table], renamed)).rowcount:
                row = await self._first_sight(table, query, asked, new)
        return row

    async def _first_sight(self, table: Table, query: Executable, asked: Row, new: Row) -> RowMapping:
        row = (await self._connection.execute(query, asked)).mappings().one_or_none()
        if row is None:
            await insert_new(self._connection, table, **new)
            row = (await self._connection.execute(query, asked)).mappings().one()
        return row
