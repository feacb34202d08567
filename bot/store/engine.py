"""What differs between SQLite and PostgreSQL: how to connect, to begin, to insert what may be there already."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import URL, AsyncAdaptedQueuePool, ColumnElement, Connection, Table, event, func, make_url, select
from sqlalchemy.dialects.postgresql import insert as insert_into_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_into_sqlite
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from bot.store.at_hand import connect

PATIENCE_S = 5
"""How long a transaction waits for its turn before it gives up."""

_DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgres": "postgresql+psycopg", "postgresql": "postgresql+psycopg"}
_INSERTS: dict[str, Any] = {"sqlite": insert_into_sqlite, "postgresql": insert_into_postgresql}
_MIGRATION_LOCK = 0x636861696E  # any number all our processes agree on


def create_engine(url: str) -> AsyncEngine:
    """An engine for ``url``; nothing is opened yet. A URL without a driver gets ours.

    Raises SQLAlchemy's ArgumentError for what is no URL, ImportError when the driver is not installed.
    """
    parsed = make_url(url)
    parsed = parsed.set(drivername=_DRIVERS.get(parsed.drivername, parsed.drivername))
    # Parameters hold learners' code and names, which belong neither in an error message nor in a log.
    if parsed.get_backend_name() != "sqlite":
        return create_async_engine(parsed, hide_parameters=True, pool_timeout=PATIENCE_S)
    return _sqlite_engine(parsed)


def _sqlite_engine(url: URL) -> AsyncEngine:
    driver = logging.getLogger("aiosqlite")
    driver.setLevel(max(logging.INFO, driver.getEffectiveLevel()))  # its finer lines hold every parameter
    engine = create_async_engine(
        url,
        hide_parameters=True,
        poolclass=AsyncAdaptedQueuePool,
        pool_size=1,  # SQLite runs one transaction at a time
        max_overflow=0,
        pool_timeout=PATIENCE_S,
        connect_args={
            "isolation_level": None,  # else Python's driver begins, and only before the first write
            "async_creator_fn": connect,
        },
    )
    event.listen(engine.sync_engine, "connect", _set_pragmas)
    event.listen(engine.sync_engine, "begin", _begin_immediate)
    event.listen(engine.sync_engine, "close", _roll_back)
    return engine


def _set_pragmas(connection: DBAPIConnection, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys = ON")
    # With NORMAL a power cut can undo commits of the last moments, and with them an acknowledged submission.
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.close()


def is_sqlite(engine: AsyncEngine) -> bool:
    """Whether transactions take turns."""
    return engine.dialect.name == "sqlite"


async def prepare(engine: AsyncEngine) -> None:
    """Make a SQLite file one that can be read while it is written, which it then stays. Raises sqlite3's errors.

    A file that cannot be opened is found out here: the driver's thread would complain on stderr besides.
    """
    if is_sqlite(engine):
        arguments, options = engine.dialect.create_connect_args(engine.url)
        await asyncio.to_thread(_turn_to_wal, *arguments, **options)


def _turn_to_wal(*arguments: Any, **options: Any) -> None:
    with contextlib.closing(sqlite3.connect(*arguments, **{**options, "timeout": PATIENCE_S})) as connection:
        connection.execute("PRAGMA journal_mode = WAL")


def _roll_back(connection: DBAPIConnection, _record: object) -> None:
    # A cancelled task's connection is closed while its last cursor is still alive somewhere, and SQLite then holds the
    # lock until that cursor is collected: everyone else would wait in vain.
    connection.rollback()


def _begin_immediate(connection: Connection) -> None:
    # A transaction that reads first and asks for the write lock later is refused if another one wrote in between.
    connection.exec_driver_sql("BEGIN IMMEDIATE")


async def insert_new(connection: AsyncConnection, table: Table, **values: Any) -> bool:
    """Insert a row unless a unique constraint says it is there already; whether it was inserted."""
    insert = _INSERTS[connection.dialect.name](table).values(**values).on_conflict_do_nothing()
    # Asked of the row itself: the count of rows a driver reports is -1 where it does not know.
    return (await connection.execute(insert.returning(*table.primary_key))).first() is not None


async def insert_or_change(
    connection: AsyncConnection,
    table: Table,
    rows: Mapping[str, Any] | Sequence[Mapping[str, Any]],
    changes: Callable[[ReadOnlyColumnCollection[str, Any]], Mapping[str, Any]],
    where: ColumnElement[bool] | None = None,
) -> None:
    """Insert rows; where the primary key is there already, and that row is as ``where`` says, make ``changes`` to it.

    ``changes`` is given the columns of the row that could not be inserted.
    """
    insert = _INSERTS[connection.dialect.name](table)
    changed = insert.on_conflict_do_update(
        index_elements=list(table.primary_key), set_=changes(insert.excluded), where=where
    )
    await connection.execute(changed, rows)


async def lock_schema(connection: AsyncConnection) -> None:
    """Keep other processes from migrating until this transaction ends; on SQLite it already holds the only lock."""
    if connection.dialect.name == "postgresql":
        await connection.execute(select(func.pg_advisory_xact_lock(_MIGRATION_LOCK)))
