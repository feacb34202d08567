"""Two units of work at the same moment on PostgreSQL, interleaved on purpose."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from sqlalchemy import Executable, text

from bot.repositories import UnitOfWork
from bot.store import SqlStore
from bot.store.connection import Connected, Values
from bot.store.database import _unit

Act = Callable[[UnitOfWork], Awaitable[Any]]
_WAITS = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")


class Pausing:
    """A connection that stops after its first statement that has ``after`` in it, until it is let go on."""

    def __init__(self, connection: Connected, after: str) -> None:
        self._connection = connection
        self._after = after
        self.stopped = asyncio.Event()
        self.go_on = asyncio.Event()

    @property
    def dialect(self) -> Any:
        return self._connection.dialect

    async def execute(self, statement: Executable, parameters: Values | None = None) -> Any:
        return await self._then(statement, await self._connection.execute(statement, parameters))

    async def scalar(self, statement: Executable, parameters: Mapping[str, Any] | None = None) -> Any:
        return await self._then(statement, await self._connection.scalar(statement, parameters))

    async def scalars(self, statement: Executable, parameters: Mapping[str, Any] | None = None) -> Any:
        return await self._then(statement, await self._connection.scalars(statement, parameters))

    async def _then(self, statement: Any, found: Any) -> Any:
        said = " ".join(str(statement.compile(dialect=self.dialect)).split())
        if self._after in said and not self.stopped.is_set():
            self.stopped.set()
            await self.go_on.wait()
        return found


async def race(store: SqlStore, first: Act, second: Act, *, after: str) -> tuple[Any, Any]:
    """What comes of both, an exception too: ``first`` begins, ``second`` goes as far as it gets, then the rest of both.

    ``first`` stops after its first statement that has ``after`` in it; ``second`` ends, or waits for a lock of it.
    """
    begun: asyncio.Future[Pausing] = asyncio.get_running_loop().create_future()

    async def pausing() -> Any:
        async with store._database.transaction() as connection:
            slow = Pausing(connection, after)
            begun.set_result(slow)
            return await first(_unit(slow))  # type: ignore[arg-type]

    async def straight() -> Any:
        async with store.begin() as work:
            return await second(work)

    one = asyncio.create_task(pausing())
    slow = await begun
    stops = asyncio.create_task(slow.stopped.wait())
    await asyncio.wait([one, stops], return_when=asyncio.FIRST_COMPLETED)
    assert stops.done(), f"no statement has {after!r} in it: {await asyncio.gather(one, return_exceptions=True)}"
    two = asyncio.create_task(straight())
    await asyncio.wait([two, asyncio.create_task(_stuck(store, two))], return_when=asyncio.FIRST_COMPLETED)
    slow.go_on.set()
    outcomes = await asyncio.gather(one, two, return_exceptions=True)
    return outcomes[0], outcomes[1]


async def _stuck(store: SqlStore, task: asyncio.Task[Any]) -> None:
    while not task.done():
        # Anew each time: within a transaction what others do stays as it was first seen.
        async with store._database.transaction() as connection:
            if await connection.scalar(_WAITS):
                return
            await connection.execute(text("SELECT pg_sleep(0.01)"))
