"""What all tables have in common."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, ForeignKey, Integer, MetaData

HEAD = "0007"
"""The revision these tables are at, known without loading Alembic; a test compares it with the scripts."""

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def own_id() -> Column[int]:
    """A number of the row's own."""
    return Column("id", Integer, primary_key=True)


def of(name: str, target: str) -> Column[int]:
    """The number of the row of another table, named ``table.column``, that this one belongs to."""
    return Column(name, ForeignKey(target), nullable=False)


def required(name: str, kind: Any, **options: Any) -> Column[Any]:
    """A column that holds something in every row."""
    return Column(name, kind, nullable=False, **options)


# An id names a message slot or a queued job outside the database: after a deletion SQLite must not give it out again.
NEVER_REUSED: dict[str, Any] = {"sqlite_autoincrement": True}
