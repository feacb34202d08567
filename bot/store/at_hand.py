"""SQLite without a trip to the driver's thread for every statement.

The driver sends each step of a statement to a thread of its own and waits to be woken by it. That takes longer than
SQLite needs for our statements, whose pages are in memory, and while other work keeps the interpreter busy it takes
milliseconds. What waits for the disk still goes there: the commit of something written. Nothing here waits for another
process: whoever begins a transaction is refused at once while another one holds the lock, and asks again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Any

import aiosqlite


def connect(database: str, **options: Any) -> Connection:
    """As :func:`aiosqlite.connect`, for SQLAlchemy's ``async_creator_fn``."""
    ours = {**options, "timeout": 0, "check_same_thread": False}
    connection = Connection(lambda: sqlite3.connect(database, **ours), iter_chunk_size=0)
    connection._thread.daemon = True  # as SQLAlchemy does with those it makes: a program without a loop must end
    return connection


class Connection(aiosqlite.Connection):
    """A connection whose statements are executed where they are awaited."""

    _changes_before = 0

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is under way: SQLite itself ends one that meets a full disk, for example."""
        return self._conn.in_transaction

    @property
    def has_written(self) -> bool:
        """Whether rows were changed since the last commit or rollback."""
        return self._conn.total_changes != self._changes_before

    def now(self, statement: str) -> None:
        """Execute a statement that returns nothing and does not wait."""
        self._conn.execute(statement).close()

    def cursor(self) -> Cursor:  # type: ignore[override]
        """A cursor that executes at hand."""
        return Cursor(self._conn)

    async def commit(self) -> None:
        """Commit; on the disk when this returns."""
        if self.has_written:
            await super().commit()
        else:
            self._conn.commit()
        self._changes_before = self._conn.total_changes

    async def rollback(self) -> None:
        """Undo what was not committed."""
        # Asked for whenever a connection goes back to the pool. One that still has a transaction may be committing
        # it, for somebody who was cancelled: its thread takes one thing after the other.
        if self.in_transaction:
            await super().rollback()
        self._changes_before = self._conn.total_changes


class Cursor:
    """As much of :class:`aiosqlite.Cursor` as SQLAlchemy asks for."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.arraysize = 1
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None
        self._rows: Sequence[Any] = []

    async def __aenter__(self) -> Cursor:
        return self

    async def execute(self, statement: str, parameters: Sequence[Any] = ()) -> Cursor:
        """Execute and fetch."""
        return self._performed(lambda real: real.execute(statement, parameters))

    async def executemany(self, statement: str, parameters: Sequence[Sequence[Any]]) -> Cursor:
        """Execute once for each set of parameters."""
        return self._performed(lambda real: real.executemany(statement, parameters))

    async def fetchall(self) -> Sequence[Any]:
        """The rows."""
        return self._rows

    async def close(self) -> None:
        """Nothing is left open."""

    def _performed(self, statement: Callable[[sqlite3.Cursor], object]) -> Cursor:
        with closing(self._connection.cursor()) as real:
            statement(real)
            self.description = real.description
            self._rows = real.fetchall() if real.description else []
            # Not known before the last row was fetched.
            self.rowcount, self.lastrowid = real.rowcount, real.lastrowid
        return self
