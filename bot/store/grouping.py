"""SQLite's transactions, one after the other; those that wait at the same time reach the disk together.

SQLite runs one transaction at a time, and what a commit costs is the wait for the disk. So each of ours is a savepoint
of one of SQLite's, which takes in whoever waits. Nobody's ends before the commit, unless nothing was written so far:
what is acknowledged is on the disk. If the commit fails, all of them fail.
"""

from __future__ import annotations

import asyncio
import math
import sqlite3
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.store.at_hand import Connection

MOST = 32
"""Transactions committed together: the first of them waits for the last."""
ASKED_AGAIN_S = 0.005
"""How soon the lock is asked for again while another process holds it."""

_DRIVERS = (DBAPIError, sqlite3.Error)
_CLOSED = sqlite3.OperationalError("the store is closed")


class TurnTooLate(Exception):
    """Others of this process were at it for too long."""


class _Turn:
    """One of our transactions: given its connection, over when its block has ended, settled when it may return."""

    def __init__(self, until: float) -> None:
        self.until = until
        self.given: asyncio.Future[AsyncConnection] = asyncio.get_running_loop().create_future()
        self.over = asyncio.Event()
        self.failure: BaseException | None = None
        self._settled = asyncio.Event()
        self._lost: Exception | None = None

    def settle(self, lost: Exception | None = None) -> None:
        """It is on the disk, or it is ``lost``; only the first that is said of it counts."""
        if not self._settled.is_set():
            self._lost = lost
            self._settled.set()

    async def settled(self) -> None:
        """Wait for the commit; raises why it failed."""
        await self._settled.wait()
        if self._lost is not None:
            raise self._lost


class GroupedTransactions:
    """Transactions on an engine of SQLite's, which nobody else of this process may begin one on meanwhile."""

    def __init__(self, engine: AsyncEngine, patience_s: float) -> None:
        self._engine = engine
        self._patience_s = patience_s
        self._waiting: deque[_Turn] = deque()
        self._conducting: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncConnection]:
        """One transaction, on the disk when the block has ended; rolled back when it raises or is cancelled.

        Raises the driver's errors, and :class:`TurnTooLate`.
        """
        turn = _Turn(asyncio.get_running_loop().time() + self._patience_s)
        self._waiting.append(turn)
        if self._conducting is None or self._conducting.done():
            self._conducting = asyncio.create_task(self._conduct())
        try:
            try:
                async with asyncio.timeout(2 * self._patience_s):
                    connection = await turn.given
            except TimeoutError:
                raise TurnTooLate from None
            yield connection
        except BaseException as error:
            turn.failure = error
            raise
        finally:
            turn.over.set()
        await turn.settled()

    async def close(self) -> None:
        """End it. What is not committed is rolled back."""
        if self._conducting is not None:
            self._conducting.cancel()
            await asyncio.wait([self._conducting])
        self._refuse(_CLOSED, math.inf)

    async def _conduct(self) -> None:
        """Go on while anybody waits."""
        while self._next_waits():
            try:
                async with self._engine.connect() as connection:
                    if await self._begun(connection):
                        await self._run_group(connection)
            except _DRIVERS as error:
                self._refuse(error, math.inf)

    def _next_waits(self) -> bool:
        while self._waiting and self._waiting[0].given.done():  # it was cancelled, or refused
            self._waiting.popleft()
        return bool(self._waiting)

    def _refuse(self, error: Exception, now: float) -> None:
        """Let down those who wait, and have no more patience at the time ``now``."""
        for turn in self._waiting:
            if turn.until <= now and not turn.given.done():
                turn.given.set_exception(error)

    async def _begun(self, connection: AsyncConnection) -> bool:
        """Whether there is a transaction now; not when nobody has the patience to wait for it any more."""
        while True:
            try:
                await connection.begin()
                return True
            except DBAPIError as error:
                if not getattr(error.orig, "sqlite_errorname", "").startswith("SQLITE_BUSY"):
                    raise
                self._refuse(error, asyncio.get_running_loop().time())
            if not self._next_waits():
                return False
            await asyncio.sleep(ASKED_AGAIN_S)

    async def _run_group(self, connection: AsyncConnection) -> None:
        driver = cast(Connection, (await connection.get_raw_connection()).driver_connection)
        group: list[_Turn] = []
        lost: Exception | None = _CLOSED
        try:
            while len(group) < MOST and self._next_waits():
                group.append(self._waiting.popleft())
                await _run(group[-1], connection, driver)
            await connection.commit()
            lost = None
        except _DRIVERS as error:
            lost = error
        finally:
            for turn in group:
                turn.settle(lost)


async def _run(turn: _Turn, connection: AsyncConnection, driver: Connection) -> None:
    driver.now("SAVEPOINT turn")
    turn.given.set_result(connection)
    await turn.over.wait()
    if not driver.in_transaction:
        # SQLite gave up all of it, the group's earlier transactions too.
        raise turn.failure if isinstance(turn.failure, DBAPIError) else sqlite3.OperationalError("rolled back")
    if turn.failure is not None:
        driver.now("ROLLBACK TO turn")
    driver.now("RELEASE turn")
    if not driver.has_written:
        turn.settle()
