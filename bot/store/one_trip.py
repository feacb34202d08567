"""SQLite at one trip to the driver's thread a statement.

The driver's own cursors make four: to open, to execute, to fetch and to close. Each wakes a thread and is woken by it,
which takes longer than SQLite needs for most of our statements.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Any

import aiosqlite


def connect(database: str, **options: Any) -> aiosqlite.Connection:
    """As :func:`aiosqlite.connect`, for SQLAlchemy's ``async_creator_fn``."""
    connection = _Connection(lambda: sqlite3.connect(database, **options), iter_chunk_size=0)
    connection._thread.daemon = True  # as SQLAlchemy does with those it makes: a program without a loop must end
    return connection


class _Connection(aiosqlite.Connection):
    def cursor(self) -> _Cursor:  # type: ignore[override]
        return _Cursor(self)

    async def perform(self, cursor: _Cursor, statement: Callable[[sqlite3.Cursor], object]) -> None:
        await self._execute(self._performed, cursor, statement)  # type: ignore[no-untyped-call]

    def _performed(self, cursor: _Cursor, statement: Callable[[sqlite3.Cursor], object]) -> None:
        with closing(self._conn.cursor()) as real:
            statement(real)
            cursor.description = real.description
            cursor.rows = real.fetchall() if real.description else []
            # Not known before the last row was fetched.
            cursor.rowcount, cursor.lastrowid = real.rowcount, real.lastrowid


class _Cursor:
    """As much of :class:`aiosqlite.Cursor` as SQLAlchemy asks for."""

    def __init__(self, connection: _Connection) -> None:
        self._connection = connection
        self.arraysize = 1
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None
        self.rows: Sequence[Any] = []

    async def __aenter__(self) -> _Cursor:
        return self

    async def execute(self, statement: str, parameters: Sequence[Any] = ()) -> _Cursor:
        await self._connection.perform(self, lambda real: real.execute(statement, parameters))
        return self

    async def executemany(self, statement: str, parameters: Sequence[Sequence[Any]]) -> _Cursor:
        await self._connection.perform(self, lambda real: real.executemany(statement, parameters))
        return self

    async def fetchall(self) -> Sequence[Any]:
        return self.rows

    async def close(self) -> None: ...
