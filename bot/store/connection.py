"""What the repositories need of a database: the same for SQLite and PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from typing import Any, Protocol, TypeVar

from sqlalchemy import URL, Connection, CursorResult, Dialect, Executable, ScalarResult

PATIENCE_S = 5
"""How long a transaction waits for its turn before it gives up."""

Found = TypeVar("Found")
Values = Mapping[str, Any] | Sequence[Mapping[str, Any]]


class Connected(Protocol):
    """A connection within a transaction; as much of SQLAlchemy's :class:`AsyncConnection` as the repositories use."""

    @property
    def dialect(self) -> Dialect:
        """Which SQL is spoken."""

    async def execute(self, statement: Executable, parameters: Values | None = None) -> CursorResult[*tuple[Any, ...]]:
        """Execute, and fetch everything."""

    async def scalar(self, statement: Executable, parameters: Mapping[str, Any] | None = None) -> Any:
        """The first column of the first row; ``None`` without one."""

    async def scalars(self, statement: Executable, parameters: Mapping[str, Any] | None = None) -> ScalarResult[Any]:
        """The first column of every row."""

    async def run_sync(self, work: Callable[[Connection], Found]) -> Found:
        """Do ``work`` that knows nothing of tasks."""


class Database(Protocol):
    """A database as the store uses it. Errors are the driver's own; see :mod:`bot.store.faults`."""

    url: URL

    async def prepare(self) -> None:
        """Make it one that can be used as ours, which it then stays."""

    def transaction(self) -> AbstractAsyncContextManager[Connected]:
        """One transaction: on the disk when the block has ended; rolled back when it raises or is cancelled.

        Whoever is cancelled while waiting for the commit alone cannot take it back.
        """

    def reading(self) -> AbstractAsyncContextManager[Connected]:
        """What is committed, to be read and not changed: on SQLite all as of one moment, on PostgreSQL not."""

    def snapshot(self) -> AbstractAsyncContextManager[Connected]:
        """All that is committed as of one moment, to be read and not changed, however long it takes."""

    def alone(self, name: str, waiting: Callable[[], None]) -> AbstractAsyncContextManager[asyncio.Event]:
        """See :meth:`bot.repositories.Store.alone`."""

    async def time(self) -> datetime | None:
        """See :meth:`bot.repositories.Store.time`."""

    async def close(self) -> None:
        """Close every connection. A transaction still running is rolled back."""


class OnThisHost:
    """What a database that is a file need not agree on with anybody."""

    @asynccontextmanager
    async def alone(self, name: str, waiting: Callable[[], None]) -> AsyncIterator[asyncio.Event]:
        """At once and for good: a file serves one bot."""
        yield asyncio.Event()

    async def time(self) -> datetime | None:
        """The clock of this host is the one."""
        return None


class TurnTooLate(Exception):
    """Other transactions of this process were at it for too long."""


class NoLogAhead(Exception):
    """A SQLite file could not be made one that is read while it is written."""


class FileGone(Exception):
    """A SQLite file in use is no longer where it was: what is written to it is read by nobody who opens it later."""
