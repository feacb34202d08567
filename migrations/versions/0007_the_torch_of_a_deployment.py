"""Which torch the bots prove questions with, for judges to compare theirs with. On PostgreSQL only, as the queue is."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table; the next bot that starts fills it."""
    if op.get_bind().dialect.name == "postgresql":
        op.create_table(
            "proven_with",
            sa.Column("id", sa.Integer(), primary_key=True),
            sa.Column("torch", sa.Text(), nullable=False),
        )


def downgrade() -> None:
    """Take it out again."""
    if op.get_bind().dialect.name == "postgresql":
        op.drop_table("proven_with")
