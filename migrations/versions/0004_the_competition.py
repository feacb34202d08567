"""What the calendar and the competition need: when to post, who hides, what was queued, learned, told and done."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)
_FORGOTTEN = ("hint_use", "upload")
"""Where the rows of a person who leaves could only be found by reading all; likewise in audit and standing."""
_BOARD = ("community_id", "window", "key")
_PLACES = "ix_standing_community_id_window_key_points_learner_id"


def upgrade() -> None:
    """Add columns and tables; schedules there already post when an admin says so, as before."""
    for table, column in _columns():
        op.add_column(table, column)
    op.create_index("ix_schedule_next_at", "schedule", ["next_at"])
    for table in _FORGOTTEN:
        op.create_index(f"ix_{table}_learner_id", table, ["learner_id"])
    op.execute("UPDATE award SET solved = 1 WHERE cause = 'solve'")
    _create_tally()
    _create_learning()
    _create_administering()
    _create_uptime()


def downgrade() -> None:
    """Take them out again."""
    for table in _FORGOTTEN:
        op.drop_index(f"ix_{table}_learner_id", table)
    for name in ("pulse", "outage", "audit", "notice", "report", "memory", "queued", "tally"):
        op.drop_table(name)
    op.drop_index("ix_standing_learner_id", "standing")
    op.drop_index(_PLACES, "standing")
    op.create_index("ix_standing_community_id_window_key_points", "standing", [*_BOARD, "points"])
    op.drop_index("ix_schedule_next_at", "schedule")
    for table, column in reversed(_columns()):
        op.drop_column(table, column.name)


def _columns() -> tuple[tuple[str, sa.Column[Any]], ...]:
    return (
        ("community", sa.Column("season_months", sa.Integer(), nullable=False, server_default="3")),
        ("community", sa.Column("keeper_id", sa.Integer())),
        ("community", sa.Column("left_at", _TIME)),
        ("learner", sa.Column("hidden", sa.Boolean(), nullable=False, server_default=sa.false())),
        ("schedule", sa.Column("post_at", sa.Integer())),
        ("schedule", sa.Column("days", sa.Integer(), nullable=False, server_default="127")),
        ("schedule", sa.Column("mix", sa.Text(), nullable=False, server_default="any")),
        ("schedule", sa.Column("paused", sa.Boolean(), nullable=False, server_default=sa.false())),
        ("schedule", sa.Column("skip_until", sa.Date())),
        ("schedule", sa.Column("next_at", _TIME)),
        ("schedule", sa.Column("zone_data", sa.Text(), nullable=False, server_default="")),
        ("schedule", sa.Column("board", sa.Boolean(), nullable=False, server_default=sa.false())),
        ("posting", sa.Column("due_at", _TIME)),
        ("posting", sa.Column("excused", sa.Boolean(), nullable=False, server_default=sa.false())),
        ("standing", sa.Column("hidden", sa.Boolean(), nullable=False, server_default=sa.false())),
        ("award", sa.Column("solved", sa.Integer(), nullable=False, server_default="0")),
    )


def _create_tally() -> None:
    op.create_table(
        "tally",
        _id(),
        _required("community_id", sa.Integer()),
        _required("window", sa.String(16)),
        _required("key", sa.String(16)),
        _required("points", sa.Integer()),
        _required("learners", sa.Integer()),
        sa.PrimaryKeyConstraint("id", name="pk_tally"),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name="fk_tally_community_id"),
    )
    op.create_index("ix_tally_community_id_window_key_points", "tally", [*_BOARD, "points"])
    op.execute(
        'INSERT INTO tally (community_id, "window", "key", points, learners) '
        'SELECT community_id, "window", "key", points, count(*) FROM standing WHERE points > 0 '
        'GROUP BY community_id, "window", "key", points'
    )
    op.drop_index("ix_standing_community_id_window_key_points", "standing")
    op.create_index(_PLACES, "standing", [*_BOARD, "points", "learner_id"])
    op.create_index("ix_standing_learner_id", "standing", ["learner_id"])


def _create_learning() -> None:
    op.create_table(
        "queued",
        _id(),
        _required("schedule_id", sa.Integer()),
        _required("question_id", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_queued"),
        sa.ForeignKeyConstraint(["schedule_id"], ["schedule.id"], name="fk_queued_schedule_id"),
        sa.ForeignKeyConstraint(["question_id"], ["question.id"], name="fk_queued_question_id"),
        sa.UniqueConstraint("schedule_id", "question_id", name="uq_queued_schedule_id_question_id"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "memory",
        _required("learner_id", sa.Integer()),
        _required("topic", sa.Text()),
        _required("card", sa.Text()),
        _required("due_at", _TIME),
        sa.PrimaryKeyConstraint("learner_id", "topic", name="pk_memory"),
        sa.ForeignKeyConstraint(["learner_id"], ["learner.id"], name="fk_memory_learner_id"),
    )
    op.create_table(
        "report",
        _id(),
        _required("learner_id", sa.Integer()),
        _required("posting_id", sa.Integer()),
        sa.Column("submission_id", sa.Integer()),
        _required("event_id", sa.Text()),
        _required("text", sa.Text()),
        _required("at", _TIME),
        sa.PrimaryKeyConstraint("id", name="pk_report"),
        sa.ForeignKeyConstraint(["learner_id"], ["learner.id"], name="fk_report_learner_id"),
        sa.ForeignKeyConstraint(["posting_id"], ["posting.id"], name="fk_report_posting_id"),
        sa.ForeignKeyConstraint(["submission_id"], ["submission.id"], name="fk_report_submission_id"),
        sa.UniqueConstraint("learner_id", "event_id", name="uq_report_learner_id_event_id"),
        sqlite_autoincrement=True,
    )


def _create_administering() -> None:
    op.create_table(
        "notice",
        _id(),
        _required("community_id", sa.Integer()),
        _required("kind", sa.String(16)),
        _required("about", sa.Text()),
        _required("text", sa.Text()),
        _required("at", _TIME),
        sa.PrimaryKeyConstraint("id", name="pk_notice"),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name="fk_notice_community_id"),
        sa.UniqueConstraint("community_id", "kind", "about", name="uq_notice_community_id_kind_about"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "audit",
        _id(),
        _required("community_id", sa.Integer()),
        sa.Column("learner_id", sa.Integer()),
        _required("action", sa.Text()),
        _required("detail", sa.Text()),
        _required("at", _TIME),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name="fk_audit_community_id"),
        sa.ForeignKeyConstraint(["learner_id"], ["learner.id"], name="fk_audit_learner_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_audit_community_id_at", "audit", ["community_id", "at"])
    op.create_index("ix_audit_learner_id", "audit", ["learner_id"])


def _create_uptime() -> None:
    op.create_table(
        "outage",
        _id(),
        _required("began_at", _TIME),
        _required("ended_at", _TIME),
        sa.PrimaryKeyConstraint("id", name="pk_outage"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_outage_ended_at", "outage", ["ended_at"])
    op.create_table(
        "pulse",
        sa.Column("id", sa.Integer(), nullable=False, autoincrement=False),
        _required("at", _TIME),
        sa.PrimaryKeyConstraint("id", name="pk_pulse"),
    )


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.Integer(), nullable=False)


def _required(name: str, kind: sa.types.TypeEngine[Any]) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)
