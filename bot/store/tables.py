"""The tables."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    text,
)

from bot.core.questions import Bank, Question
from bot.core.records import Findings, PostingState, SubmissionState, UploadState, Window
from bot.core.verdicts import Verdict
from bot.store.codec import Document, PlainText, PlainValue, UtcTime, words

HEAD = "0003"
"""The revision these tables are at, known without loading Alembic; a test compares it with the scripts."""

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _id() -> Column[int]:
    return Column("id", Integer, primary_key=True)


def _of(name: str, target: str) -> Column[int]:
    return Column(name, ForeignKey(target), nullable=False)


def _required(name: str, kind: Any, **options: Any) -> Column[Any]:
    return Column(name, kind, nullable=False, **options)


# An id names a message slot or a queued job outside the database: after a deletion SQLite must not give it out again.
_NEVER_REUSED: dict[str, Any] = {"sqlite_autoincrement": True}

community = Table(
    "community",
    metadata,
    _id(),
    _required("platform", PlainText),
    _required("external_id", PlainText),
    _required("name", PlainText),
    UniqueConstraint("platform", "external_id"),
    **_NEVER_REUSED,
)

learner = Table(
    "learner",
    metadata,
    _id(),
    _of("community_id", "community.id"),
    _required("external_id", PlainText),
    _required("name", PlainText),
    UniqueConstraint("community_id", "external_id"),
    **_NEVER_REUSED,
)

schedule = Table(
    "schedule",
    metadata,
    _id(),
    _of("community_id", "community.id"),
    _required("channel", PlainText),
    _required("zone", PlainText),
    _required("practice", Boolean),
    UniqueConstraint("community_id", "channel"),
    **_NEVER_REUSED,
)

question = Table(
    "question",
    metadata,
    Column("id", PlainText, primary_key=True),
    _required("retired", Boolean),
    Column("owner_id", ForeignKey("community.id")),
)

question_version = Table(
    "question_version",
    metadata,
    _id(),
    Column("question_id", ForeignKey("question.id"), nullable=False),
    _required("digest", PlainText),
    _required("content", Document(Question, kept=128)),
    _required("reader", Integer, server_default="0"),
    _required("current", Boolean),
    UniqueConstraint("question_id", "digest"),
    **_NEVER_REUSED,
)
Index(
    "uq_question_version_current",
    question_version.c.question_id,
    unique=True,
    sqlite_where=text("current"),
    postgresql_where=text("current"),
)

trial = Table(
    "trial",
    metadata,
    _id(),
    _of("version_id", "question_version.id"),
    _required("bank", words(Bank)),
    _required("inputs", PlainValue),
    _required("expected", PlainValue),
    _required("noise", PlainValue),
    _required("mistakes", PlainValue),
    _required("retired", Boolean),
    Index(None, "version_id", "bank"),
    **_NEVER_REUSED,
)

posting = Table(
    "posting",
    metadata,
    _id(),
    _of("schedule_id", "schedule.id"),
    _required("local_date", Date),
    _of("version_id", "question_version.id"),
    _required("state", words(PostingState)),
    _required("opened_at", UtcTime),
    Column("closed_at", UtcTime),
    UniqueConstraint("schedule_id", "local_date"),
    **_NEVER_REUSED,
)

submission = Table(
    "submission",
    metadata,
    _id(),
    _of("posting_id", "posting.id"),
    _of("learner_id", "learner.id"),
    _required("platform", PlainText),
    _required("event_id", PlainText),
    _required("text", PlainText),
    _required("received_at", UtcTime),
    _required("attempt", Integer),
    _required("state", words(SubmissionState)),
    Column("verdict", Document(Verdict)),
    UniqueConstraint("platform", "event_id"),
    UniqueConstraint("posting_id", "learner_id", "attempt"),
    Index(None, "learner_id", "received_at"),
    Index(None, "state", "received_at"),
    **_NEVER_REUSED,
)

award = Table(
    "award",
    metadata,
    _id(),
    _of("learner_id", "learner.id"),
    _of("posting_id", "posting.id"),
    _required("cause", PlainText),
    _required("points", Integer),
    _required("at", UtcTime),
    UniqueConstraint("learner_id", "posting_id", "cause"),
    Index(None, "posting_id"),
    **_NEVER_REUSED,
)

standing = Table(
    "standing",
    metadata,
    Column("community_id", ForeignKey("community.id"), primary_key=True),
    Column("window", words(Window), primary_key=True),
    Column("key", String(16), primary_key=True),
    Column("learner_id", ForeignKey("learner.id"), primary_key=True),
    _required("points", Integer),
    _required("solved", Integer),
    Index(None, "community_id", "window", "key", "points"),
)

hint_use = Table(
    "hint_use",
    metadata,
    Column("posting_id", ForeignKey("posting.id"), primary_key=True),
    Column("learner_id", ForeignKey("learner.id"), primary_key=True),
    Column("hint", Integer, primary_key=True, autoincrement=False),
    _required("at", UtcTime),
)

message = Table(
    "message",
    metadata,
    Column("slot", PlainText, primary_key=True),
    _required("platform", PlainText),
    _required("address", PlainText),
    _required("expected_at", UtcTime),
    Column("shown_at", UtcTime),
    Column("expires_at", UtcTime),
)

outbox = Table(
    "outbox",
    metadata,
    Column("slot", PlainText, primary_key=True),
    _required("platform", PlainText),
    Column("learner_id", ForeignKey("learner.id")),
    _required("due_at", UtcTime),
    Column("leased_until", UtcTime),
    _required("attempts", Integer),
    _required("revision", Integer),
    _required("kept", Boolean),
    _required("detail", PlainText),
    Index(None, "platform", "kept", "due_at"),
    Index(None, "learner_id"),
)

upload = Table(
    "upload",
    metadata,
    _id(),
    _of("community_id", "community.id"),
    _of("learner_id", "learner.id"),
    _required("platform", PlainText),
    _required("event_id", PlainText),
    _required("text", PlainText),
    _required("received_at", UtcTime),
    _required("state", words(UploadState)),
    Column("findings", Document(Findings)),
    UniqueConstraint("platform", "event_id"),
    Index(None, "state", "received_at"),
    **_NEVER_REUSED,
)
