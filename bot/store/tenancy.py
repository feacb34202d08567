"""Communities that come and go."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime

from sqlalchemy import Executable, Select, Table, bindparam, delete, or_, select, update

from bot.core.records import Community
from bot.core.slots import SlotKind
from bot.store.admin_tables import audit, notice, upload
from bot.store.connection import Connected
from bot.store.privacy import SqlPrivacy, slots_of
from bot.store.rows import community_in, learner_in
from bot.store.tables import (
    community,
    learner,
    message,
    outbox,
    posting,
    question,
    question_version,
    queued,
    schedule,
    standing,
    submission,
    tally,
    trial,
)

ABOUT: Mapping[SlotKind, Table] = {
    SlotKind.POSTING: posting,
    SlotKind.UNPOSTED: posting,
    SlotKind.CLOSING: posting,
    SlotKind.RECAP: posting,
    SlotKind.REJUDGE: posting,
    SlotKind.BOARD: schedule,
    SlotKind.NOTICE: notice,
    SlotKind.VERDICT: submission,
    SlotKind.UPLOAD: upload,
}
"""What the number in the name of a message stands for, where messages are kept."""

_WHICH = bindparam("which", type_=community.c.id.type)
_SCHEDULES = select(schedule.c.id).where(schedule.c.community_id == _WHICH)
_POSTINGS = select(posting.c.id).where(posting.c.schedule_id.in_(_SCHEDULES))
_OWN = select(question.c.id).where(question.c.owner_id == _WHICH)
_VERSIONS = select(question_version.c.id).where(question_version.c.question_id.in_(_OWN))
_IDS: Mapping[str, Select[tuple[int]]] = {
    "posting": _POSTINGS,
    "schedule": _SCHEDULES,
    "notice": select(notice.c.id).where(notice.c.community_id == _WHICH),
}
_SLOTS = tuple(slots_of(kind, _IDS[table.name]) for kind, table in ABOUT.items() if table.name in _IDS)
_PURGE: tuple[Executable, ...] = (
    *(delete(table).where(table.c.slot.in_(slots)) for table in (message, outbox) for slots in _SLOTS),
    *(delete(table).where(table.c.community_id == _WHICH) for table in (notice, audit, standing, tally)),
    delete(queued).where(or_(queued.c.schedule_id.in_(_SCHEDULES), queued.c.question_id.in_(_OWN))),
    delete(posting).where(posting.c.schedule_id.in_(_SCHEDULES)),
    delete(schedule).where(schedule.c.community_id == _WHICH),
    delete(trial).where(trial.c.version_id.in_(_VERSIONS)),
    delete(question_version).where(question_version.c.question_id.in_(_OWN)),
    delete(question).where(question.c.owner_id == _WHICH),
    delete(community).where(community.c.id == _WHICH),
)
# Held until the end: it comes back before or after. What is recorded for its people needs no more than its key.
_LEFT = (
    select(community.c.id)
    .where(community.c.id == _WHICH, community.c.left_at.is_not(None))
    .with_for_update(key_share=True)
)
_SOME = select(learner).where(learner.c.community_id == _WHICH).order_by(learner.c.id).limit(bindparam("most"))


class SqlTenancy:
    """See :class:`bot.tenancy.Tenancy`."""

    def __init__(self, connection: Connected) -> None:
        self._connection = connection

    async def leave(self, platform: str, external_id: str, at: datetime) -> None:
        """A community has removed the bot; one that had already, keeps its time."""
        there = (community.c.platform == platform, community.c.external_id == external_id)
        await self._connection.execute(
            update(community).where(*there, community.c.left_at.is_(None)).values(left_at=at)
        )

    async def join(self, platform: str, external_id: str) -> None:
        """A community has the bot, perhaps again; one that nobody knows stays unknown."""
        there = (community.c.platform == platform, community.c.external_id == external_id)
        await self._connection.execute(update(community).where(*there).values(left_at=None))

    async def compare(
        self, platform: str, present: Collection[str], at: datetime, among: Callable[[str], bool]
    ) -> None:
        """``among`` those of a platform, whoever is not ``present`` has left, and whoever is has not."""
        query = select(community).where(community.c.platform == platform)
        for row in (await self._connection.execute(query)).mappings().all():
            known = community_in(row)
            if not among(known.external_id):
                continue
            if known.external_id not in present:
                await self.leave(platform, known.external_id, at)
            elif known.left_at is not None:
                await self.join(platform, known.external_id)

    async def left_before(self, at: datetime) -> tuple[Community, ...]:
        """Communities that left before that time."""
        query = select(community).where(community.c.left_at < at).order_by(community.c.id)
        return tuple(map(community_in, (await self._connection.execute(query)).mappings()))

    async def purge(self, community: Community, most: int) -> bool | None:
        """Delete all of a community that has left, ``most`` of its learners at a time; whether all is gone by that."""
        asked = {"which": community.id}
        if await self._connection.scalar(_LEFT, asked) is None:
            return None
        people = (await self._connection.execute(_SOME, {**asked, "most": most})).mappings().all()
        for person in map(learner_in, people):
            await SqlPrivacy(self._connection).forget(person)
        if people:
            return False
        for statement in _PURGE:
            await self._connection.execute(statement, asked)
        return True
