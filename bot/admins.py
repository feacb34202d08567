"""What admins send, do and are told, as the use cases see it; see :mod:`bot.repositories`."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from bot.core.administration import AuditEntry, Notice, NoticeKind
from bot.core.records import Community, Findings, Learner, Upload, UploadState


class Uploads(Protocol):
    """Question files that admins sent."""

    async def add(self, learner: Learner, event_id: str, text: str, at: datetime) -> Upload:
        """Store a file; the same event id again returns the upload already stored."""

    async def get(self, upload_id: int) -> Upload | None:
        """The upload with this id."""

    async def move(self, upload: Upload, to: UploadState, findings: Findings | None = None) -> bool:
        """Change its state, and its findings where given, if nobody has since it was read; whether it was changed."""

    async def unchecked(self) -> tuple[Upload, ...]:
        """Uploads whose check has not ended, oldest first."""


class Administration(Protocol):
    """What admins are told, and what they did."""

    async def notify(
        self, community: Community, kind: NoticeKind, about: str, text: str, at: datetime
    ) -> Notice | None:
        """Add a notice unless there is one of this kind about the same; ``None`` where there is."""

    async def untold(self, community: Community) -> tuple[int, ...]:
        """The ids of notices that nobody was told of yet, the oldest first."""

    async def notice(self, notice_id: int) -> Notice | None:
        """The notice with this id."""

    async def record(self, learner: Learner, action: str, detail: str, at: datetime) -> int:
        """Write down what an admin did in their community; the number of the entry."""

    async def entries(self, community: Community, count: int) -> tuple[AuditEntry, ...]:
        """What admins did there, the newest first."""
