"""Everything the main job needs: who takes part, questions, postings, submissions, points."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = (
    "community",
    "learner",
    "schedule",
    "question",
    "question_version",
    "trial",
    "posting",
    "submission",
    "award",
    "standing",
    "hint_use",
)


def upgrade() -> None:
    """Create every table."""
    _create_people()
    _create_questions()
    _create_postings()
    _create_points()


def downgrade() -> None:
    """Drop every table, those that point at others first."""
    for name in reversed(TABLES):
        op.drop_table(name)


def _create_people() -> None:
    op.create_table(
        "community",
        _id(),
        _required("platform", sa.Text()),
        _required("external_id", sa.Text()),
        _required("name", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_community"),
        sa.UniqueConstraint("platform", "external_id", name="uq_community_platform_external_id"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "learner",
        _id(),
        _required("community_id", sa.Integer()),
        _required("external_id", sa.Text()),
        _required("name", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_learner"),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name="fk_learner_community_id"),
        sa.UniqueConstraint("community_id", "external_id", name="uq_learner_community_id_external_id"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "schedule",
        _id(),
        _required("community_id", sa.Integer()),
        _required("channel", sa.Text()),
        _required("zone", sa.Text()),
        _required("practice", sa.Boolean()),
        sa.PrimaryKeyConstraint("id", name="pk_schedule"),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name="fk_schedule_community_id"),
        sa.UniqueConstraint("community_id", "channel", name="uq_schedule_community_id_channel"),
        sqlite_autoincrement=True,
    )


def _create_questions() -> None:
    op.create_table(
        "question",
        _required("id", sa.Text()),
        _required("retired", sa.Boolean()),
        sa.PrimaryKeyConstraint("id", name="pk_question"),
    )
    op.create_table(
        "question_version",
        _id(),
        _required("question_id", sa.Text()),
        _required("digest", sa.Text()),
        _required("content", sa.Text()),
        _required("current", sa.Boolean()),
        sa.PrimaryKeyConstraint("id", name="pk_question_version"),
        sa.ForeignKeyConstraint(["question_id"], ["question.id"], name="fk_question_version_question_id"),
        sa.UniqueConstraint("question_id", "digest", name="uq_question_version_question_id_digest"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "uq_question_version_current",
        "question_version",
        ["question_id"],
        unique=True,
        sqlite_where=sa.text("current"),
        postgresql_where=sa.text("current"),
    )
    op.create_table(
        "trial",
        _id(),
        _required("version_id", sa.Integer()),
        _required("bank", sa.String(16)),
        _required("inputs", sa.LargeBinary()),
        _required("expected", sa.LargeBinary()),
        _required("noise", sa.LargeBinary()),
        _required("retired", sa.Boolean()),
        sa.PrimaryKeyConstraint("id", name="pk_trial"),
        sa.ForeignKeyConstraint(["version_id"], ["question_version.id"], name="fk_trial_version_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_trial_version_id_bank", "trial", ["version_id", "bank"])


def _create_postings() -> None:
    op.create_table(
        "posting",
        _id(),
        _required("schedule_id", sa.Integer()),
        _required("local_date", sa.Date()),
        _required("version_id", sa.Integer()),
        _required("state", sa.String(16)),
        _required("opened_at", sa.DateTime(timezone=True)),
        sa.Column("closed_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_posting"),
        sa.ForeignKeyConstraint(["schedule_id"], ["schedule.id"], name="fk_posting_schedule_id"),
        sa.ForeignKeyConstraint(["version_id"], ["question_version.id"], name="fk_posting_version_id"),
        sa.UniqueConstraint("schedule_id", "local_date", name="uq_posting_schedule_id_local_date"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "submission",
        _id(),
        _required("posting_id", sa.Integer()),
        _required("learner_id", sa.Integer()),
        _required("platform", sa.Text()),
        _required("event_id", sa.Text()),
        _required("text", sa.Text()),
        _required("received_at", sa.DateTime(timezone=True)),
        _required("attempt", sa.Integer()),
        _required("state", sa.String(16)),
        sa.Column("verdict", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_submission"),
        sa.ForeignKeyConstraint(["posting_id"], ["posting.id"], name="fk_submission_posting_id"),
        sa.ForeignKeyConstraint(["learner_id"], ["learner.id"], name="fk_submission_learner_id"),
        sa.UniqueConstraint("platform", "event_id", name="uq_submission_platform_event_id"),
        sa.UniqueConstraint("posting_id", "learner_id", "attempt", name="uq_submission_posting_id_learner_id_attempt"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_submission_learner_id_received_at", "submission", ["learner_id", "received_at"])
    op.create_index("ix_submission_state_received_at", "submission", ["state", "received_at"])


def _create_points() -> None:
    op.create_table(
        "award",
        _id(),
        _required("learner_id", sa.Integer()),
        _required("posting_id", sa.Integer()),
        _required("cause", sa.Text()),
        _required("points", sa.Integer()),
        _required("at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_award"),
        sa.ForeignKeyConstraint(["learner_id"], ["learner.id"], name="fk_award_learner_id"),
        sa.ForeignKeyConstraint(["posting_id"], ["posting.id"], name="fk_award_posting_id"),
        sa.UniqueConstraint("learner_id", "posting_id", "cause", name="uq_award_learner_id_posting_id_cause"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_award_posting_id", "award", ["posting_id"])
    op.create_table(
        "standing",
        _required("community_id", sa.Integer()),
        _required("window", sa.String(16)),
        _required("key", sa.String(16)),
        _required("learner_id", sa.Integer()),
        _required("points", sa.Integer()),
        _required("solved", sa.Integer()),
        sa.PrimaryKeyConstraint("community_id", "window", "key", "learner_id", name="pk_standing"),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name="fk_standing_community_id"),
        sa.ForeignKeyConstraint(["learner_id"], ["learner.id"], name="fk_standing_learner_id"),
    )
    op.create_index(
        "ix_standing_community_id_window_key_points", "standing", ["community_id", "window", "key", "points"]
    )
    op.create_table(
        "hint_use",
        _required("posting_id", sa.Integer()),
        _required("learner_id", sa.Integer()),
        _required("hint", sa.Integer()),
        _required("at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("posting_id", "learner_id", "hint", name="pk_hint_use"),
        sa.ForeignKeyConstraint(["posting_id"], ["posting.id"], name="fk_hint_use_posting_id"),
        sa.ForeignKeyConstraint(["learner_id"], ["learner.id"], name="fk_hint_use_learner_id"),
    )


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.Integer(), nullable=False)


def _required(name: str, kind: sa.types.TypeEngine[Any]) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)
