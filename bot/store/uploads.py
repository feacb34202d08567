"""Question files that admins sent."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, select, update

from bot.core.records import Findings, Learner, Upload, UploadState
from bot.store.admin_tables import upload
from bot.store.connection import Connected
from bot.store.engine import insert_new
from bot.store.rows import upload_in
from bot.store.tables import community


class SqlUploads:
    """See :class:`bot.admins.Uploads`."""

    def __init__(self, connection: Connected) -> None:
        self._connection = connection

    async def add(self, learner: Learner, event_id: str, text: str, at: datetime) -> Upload:
        """Store a file; the same event id again returns the upload already stored."""
        platform = await self._connection.scalar(
            select(community.c.platform).where(community.c.id == learner.community_id)
        )
        await insert_new(
            self._connection,
            upload,
            community_id=learner.community_id,
            learner_id=learner.id,
            platform=platform,
            event_id=event_id,
            text=text,
            received_at=at,
            state=UploadState.CHECKING,
        )
        stored = await self._first(
            select(upload).where(and_(upload.c.platform == platform, upload.c.event_id == event_id))
        )
        assert stored is not None, "it was either inserted or already there"
        return stored

    async def get(self, upload_id: int) -> Upload | None:
        """The upload with this id."""
        return await self._first(select(upload).where(upload.c.id == upload_id))

    async def move(self, upload: Upload, to: UploadState, findings: Findings | None = None) -> bool:
        """Change its state, and its findings where given, if nobody has since it was read; whether it was changed."""
        changes: dict[str, Any] = {"state": to} if findings is None else {"state": to, "findings": findings}
        return await self._change(upload, changes)

    async def _change(self, read: Upload, changes: dict[str, Any]) -> bool:
        unchanged = update(upload).where(upload.c.id == read.id, upload.c.state == read.state)
        return (await self._connection.execute(unchanged.values(**changes))).rowcount == 1

    async def unchecked(self) -> tuple[Upload, ...]:
        """Uploads whose check has not ended, oldest first."""
        query = select(upload).where(upload.c.state == UploadState.CHECKING).order_by(upload.c.received_at, upload.c.id)
        return tuple(upload_in(row) for row in (await self._connection.execute(query)).mappings())

    async def _first(self, query: Select[Any]) -> Upload | None:
        row = (await self._connection.execute(query)).mappings().one_or_none()
        return None if row is None else upload_in(row)
