"""The tables of what admins send, do and are told, and of when we were there."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, UniqueConstraint

from bot.core.administration import NoticeKind
from bot.core.records import Findings, UploadState
from bot.store.codec import Document, PlainText, UtcTime, words
from bot.store.schema import NEVER_REUSED, metadata, of, own_id, required

upload = Table(
    "upload",
    metadata,
    own_id(),
    of("community_id", "community.id"),
    of("learner_id", "learner.id"),
    required("platform", PlainText),
    required("event_id", PlainText),
    required("text", PlainText),
    required("received_at", UtcTime),
    required("state", words(UploadState)),
    Column("findings", Document(Findings)),
    UniqueConstraint("platform", "event_id"),
    Index(None, "state", "received_at"),
    Index(None, "learner_id"),
    **NEVER_REUSED,
)

report = Table(
    "report",
    metadata,
    own_id(),
    of("learner_id", "learner.id"),
    of("posting_id", "posting.id"),
    Column("submission_id", ForeignKey("submission.id")),
    required("event_id", PlainText),
    required("text", PlainText),
    required("at", UtcTime),
    UniqueConstraint("learner_id", "event_id"),
    Index(None, "submission_id"),
    **NEVER_REUSED,
)

notice = Table(
    "notice",
    metadata,
    own_id(),
    of("community_id", "community.id"),
    required("kind", words(NoticeKind)),
    required("about", PlainText),
    required("text", PlainText),
    required("at", UtcTime),
    UniqueConstraint("community_id", "kind", "about"),
    **NEVER_REUSED,
)

audit = Table(
    "audit",
    metadata,
    own_id(),
    of("community_id", "community.id"),
    Column("learner_id", ForeignKey("learner.id")),
    required("action", PlainText),
    required("detail", PlainText),
    required("at", UtcTime),
    Index(None, "community_id", "at"),
    Index(None, "learner_id"),
    **NEVER_REUSED,
)

outage = Table(
    "outage",
    metadata,
    own_id(),
    required("began_at", UtcTime),
    required("ended_at", UtcTime),
    Index(None, "ended_at"),
    **NEVER_REUSED,
)

pulse = Table("pulse", metadata, Column("id", Integer, primary_key=True, autoincrement=False), required("at", UtcTime))
