"""What admins are told without having asked, and what is remembered of what they did. Times are aware UTC."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime

from bot.core.records import Learner


class NoticeKind(enum.StrEnum):
    """What an admin is told without having asked."""

    LOW_QUEUE = "low-queue"
    UNSOLVED = "unsolved"
    UNSOUND = "unsound"
    REPORT = "report"
    MISSED = "missed"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class Notice:
    """Something an admin must know; at most one of each kind ``about`` the same thing."""

    id: int
    community_id: int
    kind: NoticeKind
    about: str
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """What an admin did: ``learner`` is ``None`` once they have had themselves deleted."""

    id: int
    learner: Learner | None
    action: str
    detail: str
    at: datetime
