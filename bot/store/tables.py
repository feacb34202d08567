"""The tables."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
    false,
    text,
)

from bot.core.questions import Bank, Question
from bot.core.records import PostingState, SubmissionState, Window
from bot.core.verdicts import Verdict
from bot.store.codec import Document, PlainText, PlainValue, UtcTime, words
from bot.store.schema import NEVER_REUSED, metadata, of, own_id, required

community = Table(
    "community",
    metadata,
    own_id(),
    required("platform", PlainText),
    required("external_id", PlainText),
    required("name", PlainText),
    required("season_months", Integer, server_default="3"),
    Column("keeper_id", Integer),
    Column("left_at", UtcTime),
    UniqueConstraint("platform", "external_id"),
    Index(None, "keeper_id"),
    **NEVER_REUSED,
)

learner = Table(
    "learner",
    metadata,
    own_id(),
    of("community_id", "community.id"),
    required("external_id", PlainText),
    required("name", PlainText),
    required("hidden", Boolean, server_default=false()),
    UniqueConstraint("community_id", "external_id"),
    **NEVER_REUSED,
)

schedule = Table(
    "schedule",
    metadata,
    own_id(),
    of("community_id", "community.id"),
    required("channel", PlainText),
    required("zone", PlainText),
    required("practice", Boolean),
    Column("post_at", Integer),
    required("days", Integer, server_default="127"),
    required("mix", PlainText, server_default="any"),
    required("paused", Boolean, server_default=false()),
    Column("skip_until", Date),
    Column("next_at", UtcTime),
    required("zone_data", PlainText, server_default=""),
    required("board", Boolean, server_default=false()),
    UniqueConstraint("community_id", "channel"),
    Index(None, "next_at"),
    **NEVER_REUSED,
)

question = Table(
    "question",
    metadata,
    Column("id", PlainText, primary_key=True),
    required("retired", Boolean),
    Column("owner_id", ForeignKey("community.id")),
)

question_version = Table(
    "question_version",
    metadata,
    own_id(),
    Column("question_id", ForeignKey("question.id"), nullable=False),
    required("digest", PlainText),
    required("content", Document(Question, kept=128)),
    required("reader", Integer, server_default="0"),
    required("current", Boolean),
    UniqueConstraint("question_id", "digest"),
    **NEVER_REUSED,
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
    own_id(),
    of("version_id", "question_version.id"),
    required("bank", words(Bank)),
    required("inputs", PlainValue),
    required("expected", PlainValue),
    required("noise", PlainValue),
    required("mistakes", PlainValue),
    required("retired", Boolean),
    Index(None, "version_id", "bank"),
    **NEVER_REUSED,
)

posting = Table(
    "posting",
    metadata,
    own_id(),
    of("schedule_id", "schedule.id"),
    required("local_date", Date),
    of("version_id", "question_version.id"),
    required("state", words(PostingState)),
    required("opened_at", UtcTime),
    Column("closed_at", UtcTime),
    Column("due_at", UtcTime),
    required("excused", Boolean, server_default=false()),
    UniqueConstraint("schedule_id", "local_date"),
    Index(None, "version_id"),
    **NEVER_REUSED,
)

submission = Table(
    "submission",
    metadata,
    own_id(),
    of("posting_id", "posting.id"),
    of("learner_id", "learner.id"),
    required("platform", PlainText),
    required("event_id", PlainText),
    required("text", PlainText),
    required("received_at", UtcTime),
    required("attempt", Integer),
    required("state", words(SubmissionState)),
    Column("verdict", Document(Verdict)),
    UniqueConstraint("platform", "event_id"),
    UniqueConstraint("posting_id", "learner_id", "attempt"),
    Index(None, "learner_id", "received_at"),
    Index(None, "state", "received_at"),
    **NEVER_REUSED,
)

award = Table(
    "award",
    metadata,
    own_id(),
    of("learner_id", "learner.id"),
    of("posting_id", "posting.id"),
    required("cause", PlainText),
    required("points", Integer),
    required("solved", Integer, server_default="0"),
    required("at", UtcTime),
    UniqueConstraint("learner_id", "posting_id", "cause"),
    Index(None, "posting_id"),
    **NEVER_REUSED,
)

standing = Table(
    "standing",
    metadata,
    Column("community_id", ForeignKey("community.id"), primary_key=True),
    Column("window", words(Window), primary_key=True),
    Column("key", String(16), primary_key=True),
    Column("learner_id", ForeignKey("learner.id"), primary_key=True),
    required("points", Integer),
    required("solved", Integer),
    required("hidden", Boolean, server_default=false()),
    Index(None, "community_id", "window", "key", "points", "learner_id"),
    Index(None, "learner_id"),
)

tally = Table(
    "tally",
    metadata,
    own_id(),
    of("community_id", "community.id"),
    required("window", words(Window)),
    required("key", String(16)),
    required("points", Integer),
    required("learners", Integer),
    Index(None, "community_id", "window", "key", "points"),
)
"""How many learners of a board have how many points, as the sum of its lines: counting those ahead of one among the
standings would take as long as the board is. Lines are added, and merged now and then, so that no two awards wait for
each other."""

hint_use = Table(
    "hint_use",
    metadata,
    Column("posting_id", ForeignKey("posting.id"), primary_key=True),
    Column("learner_id", ForeignKey("learner.id"), primary_key=True),
    Column("hint", Integer, primary_key=True, autoincrement=False),
    required("at", UtcTime),
    Index(None, "learner_id"),
)

message = Table(
    "message",
    metadata,
    Column("slot", PlainText, primary_key=True),
    required("platform", PlainText),
    required("address", PlainText),
    required("expected_at", UtcTime),
    Column("shown_at", UtcTime),
    Column("expires_at", UtcTime),
)

outbox = Table(
    "outbox",
    metadata,
    Column("slot", PlainText, primary_key=True),
    required("platform", PlainText),
    Column("learner_id", ForeignKey("learner.id")),
    required("due_at", UtcTime),
    Column("leased_until", UtcTime),
    required("attempts", Integer),
    required("revision", Integer),
    required("kept", Boolean),
    required("detail", PlainText),
    Index(None, "platform", "kept", "due_at"),
    Index(None, "learner_id"),
)

queued = Table(
    "queued",
    metadata,
    own_id(),
    of("schedule_id", "schedule.id"),
    Column("question_id", ForeignKey("question.id"), nullable=False),
    UniqueConstraint("schedule_id", "question_id"),
    **NEVER_REUSED,
)

memory = Table(
    "memory",
    metadata,
    Column("learner_id", ForeignKey("learner.id"), primary_key=True),
    Column("topic", PlainText, primary_key=True),
    required("card", PlainText),
    required("due_at", UtcTime),
)
