"""What wrong answers did on a trial, and which parser read a question."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add both columns. Trials go: without mistakes they know too little, and banks fill again by themselves."""
    op.execute(sa.text("DELETE FROM trial"))
    # SQLite asks for a default where nothing may be missing; the table being empty, it never stands for anything.
    op.add_column("trial", sa.Column("mistakes", sa.LargeBinary(), nullable=False, server_default=sa.text("''")))
    op.add_column("question_version", sa.Column("reader", sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    """Take them out again."""
    op.drop_column("question_version", "reader")
    op.drop_column("trial", "mistakes")
