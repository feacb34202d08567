"""What admins are told, and what they did."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String, bindparam, cast, literal, select

from bot.core.administration import AuditEntry, Notice, NoticeKind
from bot.core.records import Community, Learner
from bot.core.slots import SlotKind
from bot.store.admin_tables import audit, notice
from bot.store.connection import Connected
from bot.store.engine import insert_unless_there
from bot.store.rows import audit_entry_in, notice_in
from bot.store.tables import learner, outbox

_NOTICE = select(notice).where(notice.c.id == bindparam("wanted"))
_UNTOLD = (
    select(notice.c.id)
    .join(outbox, outbox.c.slot == literal(f"{SlotKind.NOTICE.value}:") + cast(notice.c.id, String))
    .where(notice.c.community_id == bindparam("of_community"))
    .order_by(notice.c.id)
)
_LATEST = (
    select(audit, learner)
    .outerjoin(learner)
    .where(audit.c.community_id == bindparam("of_community"))
    .order_by(audit.c.id.desc())
    .limit(bindparam("most"))
)


class SqlAdministration:
    """See :class:`bot.admins.Administration`."""

    def __init__(self, connection: Connected) -> None:
        self._connection = connection

    async def notify(
        self, community: Community, kind: NoticeKind, about: str, text: str, at: datetime
    ) -> Notice | None:
        """Add a notice unless there is one of this kind about the same; ``None`` where there is."""
        new = {"community_id": community.id, "kind": kind, "about": about, "text": text, "at": at}
        row = await insert_unless_there(self._connection, notice, **new)
        return None if row is None else Notice(row.id, community.id, kind, about, text, at)

    async def untold(self, community: Community) -> tuple[int, ...]:
        """The ids of notices that nobody was told of yet, the oldest first."""
        return tuple(await self._connection.scalars(_UNTOLD, {"of_community": community.id}))

    async def notice(self, notice_id: int) -> Notice | None:
        """The notice with this id."""
        row = (await self._connection.execute(_NOTICE, {"wanted": notice_id})).mappings().one_or_none()
        return None if row is None else notice_in(row)

    async def record(self, learner: Learner, action: str, detail: str, at: datetime) -> int:
        """Write down what an admin did in their community; the number of the entry."""
        who = {"community_id": learner.community_id, "learner_id": learner.id}
        row = await insert_unless_there(self._connection, audit, **who, action=action, detail=detail, at=at)
        return int(row.id)

    async def entries(self, community: Community, count: int) -> tuple[AuditEntry, ...]:
        """What admins did there, the newest first."""
        asked = {"of_community": community.id, "most": count}
        return tuple(map(audit_entry_in, (await self._connection.execute(_LATEST, asked)).mappings()))
