"""What chats need: where messages are, what is still to be shown, uploaded questions and whose a question is."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create three tables; questions there already are everybody's."""
    _create_messages()
    _create_uploads()
    # Spelled out: Alembic would add the constraint on its own, which SQLite cannot do, or copy a table others refer to.
    owner = "ALTER TABLE question ADD COLUMN owner_id INTEGER CONSTRAINT fk_question_owner_id REFERENCES community (id)"
    op.execute(sa.text(owner))


def downgrade() -> None:
    """Take them out again."""
    op.drop_column("question", "owner_id")
    for name in ("upload", "outbox", "message"):
        op.drop_table(name)


def _create_messages() -> None:
    op.create_table(
        "message",
        _required("slot", sa.Text()),
        _required("platform", sa.Text()),
        _required("address", sa.Text()),
        _required("expected_at", sa.DateTime(timezone=True)),
        sa.Column("shown_at", sa.DateTime(timezone=True)),
        sa.Column("expires_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("slot", name="pk_message"),
    )
    op.create_table(
        "outbox",
        _required("slot", sa.Text()),
        _required("platform", sa.Text()),
        sa.Column("learner_id", sa.Integer()),
        _required("due_at", sa.DateTime(timezone=True)),
        sa.Column("leased_until", sa.DateTime(timezone=True)),
        _required("attempts", sa.Integer()),
        _required("revision", sa.Integer()),
        _required("kept", sa.Boolean()),
        _required("detail", sa.Text()),
        sa.PrimaryKeyConstraint("slot", name="pk_outbox"),
        sa.ForeignKeyConstraint(["learner_id"], ["learner.id"], name="fk_outbox_learner_id"),
    )
    op.create_index("ix_outbox_platform_kept_due_at", "outbox", ["platform", "kept", "due_at"])
    op.create_index("ix_outbox_learner_id", "outbox", ["learner_id"])


def _create_uploads() -> None:
    op.create_table(
        "upload",
        _required("id", sa.Integer()),
        _required("community_id", sa.Integer()),
        _required("learner_id", sa.Integer()),
        _required("platform", sa.Text()),
        _required("event_id", sa.Text()),
        _required("text", sa.Text()),
        _required("received_at", sa.DateTime(timezone=True)),
        _required("state", sa.String(16)),
        sa.Column("findings", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_upload"),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name="fk_upload_community_id"),
        sa.ForeignKeyConstraint(["learner_id"], ["learner.id"], name="fk_upload_learner_id"),
        sa.UniqueConstraint("platform", "event_id", name="uq_upload_platform_event_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_upload_state_received_at", "upload", ["state", "received_at"])


def _required(name: str, kind: sa.types.TypeEngine[Any]) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)
