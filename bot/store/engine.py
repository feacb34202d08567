"""Which database a URL names, and what differs between SQLite and PostgreSQL: to insert what may be there already."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import URL, ColumnElement, Table, func, make_url, select
from sqlalchemy.dialects.postgresql import insert as insert_into_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_into_sqlite
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from bot.store.connection import PATIENCE_S, Connected, Database
from bot.store.sqlite import SqliteDatabase

_SERVERS = {"postgres": "postgresql+psycopg", "postgresql": "postgresql+psycopg"}
_INSERTS: dict[str, Any] = {"sqlite": insert_into_sqlite, "postgresql": insert_into_postgresql}
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
        self._engine = create_async_engine(url, hide_parameters=True, pool_timeout=PATIENCE_S)

    async def prepare(self) -> None:
        """It is ready."""

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connected]:
        """See :class:`bot.store.connection.Database`."""
        async with self._engine.begin() as connection:
            yield connection

    async def close(self) -> None:
        """See :class:`bot.store.connection.Database`."""
        await self._engine.dispose()


async def insert_new(connection: Connected, table: Table, **values: Any) -> bool:
    """Insert a row unless a unique constraint says it is there already; whether it was inserted."""
    insert = _INSERTS[connection.dialect.name](table).values(**values).on_conflict_do_nothing()
    # Asked of the row itself: the count of rows a driver reports is -1 where it does not know.
    return (await connection.execute(insert.returning(*table.primary_key))).first() is not None


async def insert_or_change(
    connection: Connected,
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


async def lock_schema(connection: Connected) -> None:
    """Keep other processes from migrating until this transaction ends; on SQLite it already holds the only lock."""
    if connection.dialect.name == "postgresql":
        await connection.execute(select(func.pg_advisory_xact_lock(_MIGRATION_LOCK)))
