"""A connection to a SQLite file whose statements are executed where they are awaited.

Sending each to a thread takes longer than SQLite needs for one of ours, whose pages are in memory; while other work
keeps the interpreter busy, it takes milliseconds. What waits for the disk still has a thread: the commit of something
written. Nothing waits for another process: a transaction begun while that holds the lock is refused at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sqlalchemy import (
    URL,
    Connection,
    CursorResult,
    Dialect,
    Engine,
    Executable,
    NullPool,
    ScalarResult,
    create_engine,
    event,
)
from sqlalchemy.engine.interfaces import DBAPIConnection

from bot.store.connection import Found, NoLogAhead, Values


class _Cursor(sqlite3.Cursor):
    """Fetches at once: a statement that is still being read keeps its transaction from ending."""

    _rows: Iterator[Any] = iter(())

    def execute(self, sql: str, parameters: Any = (), /) -> _Cursor:
        super().execute(sql, parameters)
        self._rows = iter(super().fetchall())
        return self

    def fetchall(self) -> list[Any]:
        return list(self._rows)

    def fetchone(self) -> Any:
        return next(self._rows, None)

    def fetchmany(self, size: int | None = 1) -> list[Any]:
        return list(itertools.islice(self._rows, size))


class _Driver(sqlite3.Connection):
    def cursor(self, factory: Any = _Cursor) -> Any:
        return super().cursor(factory)


def engine_of(url: URL) -> Engine:
    """An engine for a SQLite file; nothing is opened yet."""
    engine = create_engine(
        url,
        # Parameters hold learners' code and names, which belong neither in an error message nor in a log.
        hide_parameters=True,
        poolclass=NullPool,
        connect_args={
            "isolation_level": None,  # else Python's driver begins, and only before the first write
            "timeout": 0,
            "check_same_thread": False,
            "factory": _Driver,
        },
    )
    event.listen(engine, "connect", _set_pragmas)
    return engine


def _set_pragmas(connection: DBAPIConnection, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys = ON")
    # With NORMAL a power cut can undo commits of the last moments, and with them an acknowledged submission.
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.close()


def turn_to_wal(*arguments: Any, **options: Any) -> None:
    """Make a file one that can be read while it is written. Raises :class:`NoLogAhead`."""
    with contextlib.closing(sqlite3.connect(*arguments, **options)) as connection:
        (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
    if mode != "wal":
        raise NoLogAhead(mode)


class AtHand:
    """One connection, opened. Raises SQLAlchemy's and sqlite3's errors."""

    def __init__(self, engine: Engine, *, only_reads: bool = False) -> None:
        self._connection: Connection = engine.connect()
        driver = self._connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        self._driver = driver
        self._disk = ThreadPoolExecutor(1, "commit")
        self._changes_before = 0
        if only_reads:
            self.now("PRAGMA query_only = ON")

    @property
    def dialect(self) -> Dialect:
        """SQLite's."""
        return self._connection.dialect

    async def execute(self, statement: Executable, parameters: Values | None = None) -> CursorResult[*tuple[Any, ...]]:
        """Execute, and fetch everything."""
        return self._in_transaction().execute(statement, parameters)

    async def scalar(self, statement: Executable, parameters: Mapping[str, Any] | None = None) -> Any:
        """The first column of the first row; ``None`` without one."""
        return self._in_transaction().scalar(statement, parameters)

    async def scalars(self, statement: Executable, parameters: Mapping[str, Any] | None = None) -> ScalarResult[Any]:
        """The first column of every row."""
        return self._in_transaction().scalars(statement, parameters)

    async def run_sync(self, work: Callable[[Connection], Found]) -> Found:
        """Do ``work`` that knows nothing of tasks."""
        return work(self._in_transaction())

    def _in_transaction(self) -> Connection:
        if not self.in_transaction:
            # SQLite itself has ended it: a statement would be a transaction of its own.
            raise sqlite3.OperationalError("the transaction was rolled back")
        return self._connection

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is under way: SQLite itself ends one that meets a full disk, for example."""
        return self._driver.in_transaction

    @property
    def has_written(self) -> bool:
        """Whether rows were changed since the transaction began; a table that was made is none."""
        return self._driver.total_changes != self._changes_before

    def begin(self) -> None:
        """Begin a transaction that holds the only lock for writing.

        One that reads first and asks for the lock later is refused if another one wrote in between.
        """
        self.now("BEGIN IMMEDIATE")
        self._connection.begin()
        self._changes_before = self._driver.total_changes

    def begin_reading(self) -> None:
        """Begin a transaction that sees what is committed now, and changes nothing."""
        self.now("BEGIN")
        try:
            self.now("SELECT 1 FROM sqlite_schema")  # it is at its first look that it sees what there is
        except sqlite3.Error:
            self._driver.rollback()
            raise
        self._connection.begin()

    def now(self, statement: str) -> None:
        """Execute a statement, whatever it returns."""
        self._driver.execute(statement).close()

    async def commit(self) -> None:
        """Commit; what was written is on the disk when this returns."""
        await asyncio.get_running_loop().run_in_executor(self._disk, self._driver.commit)
        self.end()

    def end(self) -> None:
        """End a transaction that has nothing to commit, or nothing any more."""
        self._connection.commit()

    def rollback(self) -> None:
        """Undo what was not committed."""
        self._connection.rollback()

    def empty_log(self) -> None:
        """Have the file itself hold all that is committed, and the log beside it nothing, unless somebody reads it."""
        self._driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def close(self) -> None:
        """Wait for a commit under way, and close; a transaction still running is rolled back."""
        self._disk.shutdown()
        self._connection.close()
