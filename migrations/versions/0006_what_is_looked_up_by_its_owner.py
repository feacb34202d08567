"""Indexes of columns by which rows are looked for when what they name is deleted."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_COLUMNS = (("report", "submission_id"), ("posting", "version_id"), ("community", "keeper_id"))


def upgrade() -> None:
    """Add them."""
    for table, column in _COLUMNS:
        op.create_index(f"ix_{table}_{column}", table, [column])


def downgrade() -> None:
    """Take them out again."""
    for table, column in _COLUMNS:
        op.drop_index(f"ix_{table}_{column}", table)
