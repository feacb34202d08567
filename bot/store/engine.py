"""Which database a URL names, and what differs between SQLite and PostgreSQL: to insert what may be there already."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from typing import Any, TypeAlias, TypeVar

from sqlalchemy import URL, Column, ColumnElement, Executable, Table, event, func, make_url, select, text
from sqlalchemy.dialects.postgresql import insert as insert_into_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_into_sqlite
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from bot.store.address import bounded
from bot.store.alone import FROZEN_SECONDS, alone_at
from bot.store.connection import PATIENCE_S, Connected, Database, Values
from bot.store.sqlite import SqliteDatabase

Item = TypeVar("Item")
Columns: TypeAlias = ReadOnlyColumnCollection[str, Any]
Changes: TypeAlias = Callable[[Columns], Mapping[str, Any]]

_SERVERS = {"postgres": "postgresql+psycopg", "postgresql": "postgresql+psycopg"}
_INSERTS: dict[str, Any] = {"sqlite": insert_into_sqlite, "postgresql": insert_into_postgresql}
_AT_ONCE = 500
_CONNECTIONS = 8
"""One process keeps no more of them busy, and to open one for a moment costs a server more than a verdict does."""
_LET_GO_IF_FROZEN = """
    SELECT set_config(name, %s, false) FROM pg_settings
    WHERE name = 'idle_in_transaction_session_timeout' AND setting = '0'
"""
_MIGRATION_LOCK = 0x636861696E  # any number all our processes agree on


def database_at(url: str) -> Database:
    """The database that ``url`` names; nothing is opened yet. A URL without a driver gets ours.

    Raises SQLAlchemy's ArgumentError for what is no URL, ImportError when the driver is not installed.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return SqliteDatabase(parsed.set(drivername="sqlite"))
    return ServerDatabase(parsed.set(drivername=_SERVERS.get(parsed.drivername, parsed.drivername)))


class ServerDatabase:
    """PostgreSQL. See :class:`bot.store.connection.Database`."""

    def __init__(self, url: URL) -> None:
        self.url = url
        # Parameters hold learners' code and names, which belong neither in an error message nor in a log.
        self._engine = create_async_engine(
            bounded(url),
            hide_parameters=True,
            pool_size=_CONNECTIONS,
            max_overflow=0,
            pool_timeout=PATIENCE_S,
        )
        event.listen(self._engine.sync_engine, "connect", _let_go_if_frozen)
        # Every statement sees what is committed then, in a transaction or not; so to begin and to end one is saved.
        self._reading = self._engine.execution_options(isolation_level="AUTOCOMMIT")

    async def prepare(self) -> None:
        """It is ready."""

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connected]:
        """See :class:`bot.store.connection.Database`."""
        async with self._engine.begin() as connection:
            yield connection

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Connected]:
        """See :class:`bot.store.connection.Database`."""
        async with self._reading.connect() as connection:
            yield connection

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Connected]:
        """See :class:`bot.store.connection.Database`."""
        async with self._engine.connect() as connection:
            await connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            # Nobody waits for it: whoever writes all this to a slow disk may take their time.
            await connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
            yield connection

    def alone(self, name: str, waiting: Callable[[], None]) -> AbstractAsyncContextManager[asyncio.Event]:
        """See :meth:`bot.repositories.Store.alone`."""
        _, address = self._engine.dialect.create_connect_args(self._engine.url)
        return alone_at(address, name, waiting)

    async def time(self) -> datetime | None:
        """See :meth:`bot.repositories.Store.time`."""
        async with self._engine.connect() as connection:
            time: datetime = (await connection.execute(select(func.clock_timestamp()))).scalar_one()
        return time.astimezone(UTC)

    async def close(self) -> None:
        """See :class:`bot.store.connection.Database`."""
        await self._engine.dispose()


def _let_go_if_frozen(connection: DBAPIConnection, _: object) -> None:
    """Have the server end a transaction in which this process stands still, unless its operator says when."""
    cursor = connection.cursor()
    cursor.execute(_LET_GO_IF_FROZEN, (f"{FROZEN_SECONDS}s",))
    cursor.close()
    connection.commit()


async def portions(items: Sequence[Item], size: int) -> AsyncIterator[Sequence[Item]]:
    """All of ``items``, ``size`` at a time, for a statement each; in between others get their turn.

    On SQLite nothing else in a transaction lets them, and ten thousand rows would hold everything up for seconds.
    """
    for start in range(0, len(items), size):
        yield items[start : start + size]
        await asyncio.sleep(0)


async def insert_new(connection: Connected, table: Table, **values: Any) -> bool:
    """Insert a row unless a unique constraint says it is there already; whether it was inserted."""
    return await insert_unless_there(connection, table, **values) is not None


async def insert_unless_there(connection: Connected, table: Table, **values: Any) -> Any:
    """As :func:`insert_new`: the primary key of the row that was inserted, ``None`` where there was one."""
    return (await connection.execute(_insert_new(connection.dialect.name, table), values)).first()


async def insert_all_new(
    connection: Connected, table: Table, rows: Sequence[Mapping[str, Any]], told: Column[Any]
) -> Sequence[Any]:
    """As :func:`insert_new` for each of ``rows``; what ``told`` is in those that were inserted."""
    inserted: list[Any] = []
    async for some in portions(rows, _AT_ONCE):
        new = await connection.execute(_insert_new(connection.dialect.name, table, told), some)
        inserted += new.scalars()
    return inserted


@functools.cache
def _insert_new(dialect: str, table: Table, *told: Column[Any]) -> Executable:
    # Asked of the row itself: the count of rows a driver reports is -1 where it does not know.
    new: Executable = inserting(dialect, table).on_conflict_do_nothing().returning(*(told or table.primary_key))
    return new


def inserting(dialect: str, table: Table) -> Any:
    """An INSERT that can say what to do on a conflict."""
    return _INSERTS[dialect](table)


async def insert_or_change(
    connection: Connected,
    table: Table,
    rows: Values,
    changes: Changes,
    where: ColumnElement[bool] | None = None,
) -> None:
    """Insert rows; where the primary key is there already, and that row is as ``where`` says, make ``changes`` to it.

    ``changes`` is given the columns of the row that could not be inserted. The statement is kept: ``changes`` and
    ``where`` must be the same objects each time.
    """
    await connection.execute(_insert_or_change(connection.dialect.name, table, changes, where), rows)


@functools.cache
def _insert_or_change(dialect: str, table: Table, changes: Changes, where: ColumnElement[bool] | None) -> Executable:
    insert = inserting(dialect, table)
    changed: Executable = insert.on_conflict_do_update(
        index_elements=list(table.primary_key), set_=changes(insert.excluded), where=where
    )
    return changed


async def lock_schema(connection: Connected) -> None:
    """Keep other processes from migrating until this transaction ends; on SQLite it already holds the only lock."""
    if connection.dialect.name == "postgresql":
        await connection.execute(select(func.pg_advisory_xact_lock(_MIGRATION_LOCK)))
