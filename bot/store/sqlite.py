"""SQLite: transactions take turns, and those that wait at the same time reach the disk together.

SQLite runs one transaction at a time, and what a commit costs is the wait for the disk. So each of ours is a savepoint
of one of SQLite's, which takes in whoever waits. Nobody's ends before the commit, unless nothing was written so far:
what is acknowledged is on the disk. If the commit fails, all of them fail.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import sqlite3
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError

from bot.store.at_hand import AtHand, engine_of
from bot.store.connection import PATIENCE_S, Connected, TurnTooLate

MOST = 32
"""Transactions committed together: the first of them waits for the last."""
ASKED_AGAIN_S = 0.005
"""How soon the lock is asked for again while another process holds it."""
_REFUSED = (DBAPIError, sqlite3.Error)
_CLOSED = sqlite3.OperationalError("the database is closed")


class _Turn:
    """One of our transactions: given its connection, over when its block has ended, settled when it may return."""

    def __init__(self, until: float) -> None:
        self.until = until
        self.given: asyncio.Future[AtHand] = asyncio.get_running_loop().create_future()
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


class SqliteDatabase:
    """See :class:`bot.store.connection.Database`. One task at a time owns the connection, and gives turns with it."""

    def __init__(self, url: URL) -> None:
        self.url = url
        self._engine = engine_of(url)
        self._connection: AtHand | None = None
        self._readers: list[AtHand] = []
        self._waiting: deque[_Turn] = deque()
        self._giving: asyncio.Task[None] | None = None

    async def prepare(self) -> None:
        """Make the file one that can be read while it is written."""
        arguments, options = self._engine.dialect.create_connect_args(self.url)
        await asyncio.to_thread(_turn_to_wal, *arguments, **{**options, "timeout": PATIENCE_S})

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connected]:
        """See :class:`bot.store.connection.Database`; raises :class:`TurnTooLate` besides the driver's errors."""
        turn = _Turn(asyncio.get_running_loop().time() + PATIENCE_S)
        self._waiting.append(turn)
        if self._giving is None or self._giving.done():
            self._giving = asyncio.create_task(self._give_turns())
        try:
            try:
                async with asyncio.timeout(2 * PATIENCE_S):
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

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Connected]:
        """See :class:`bot.store.connection.Database`."""
        connection = self._readers.pop() if self._readers else AtHand(self._engine)
        try:
            await _until_free(connection.begin_reading)
            yield connection
            connection.rollback()
        except BaseException:
            connection.close()
            raise
        self._readers.append(connection)

    async def close(self) -> None:
        """Close every connection. A transaction still running is rolled back."""
        if self._giving is not None:
            self._giving.cancel()
            await asyncio.wait([self._giving])
        self._refuse(_CLOSED, math.inf)
        self._drop()
        while self._readers:
            self._readers.pop().close()

    async def _give_turns(self) -> None:
        """Go on while anybody waits."""
        while self._anybody_waits():
            try:
                self._connection = self._connection or AtHand(self._engine)
                if await self._begun(self._connection):
                    await self._run_group(self._connection)
            except _REFUSED as error:
                self._drop()
                self._refuse(error, math.inf)

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _anybody_waits(self) -> bool:
        while self._waiting and self._waiting[0].given.done():  # it was cancelled, or refused
            self._waiting.popleft()
        return bool(self._waiting)

    def _refuse(self, error: Exception, now: float) -> None:
        """Let down those who wait, and have no more patience at the time ``now``."""
        for turn in self._waiting:
            if turn.until <= now and not turn.given.done():
                turn.given.set_exception(error)

    async def _begun(self, connection: AtHand) -> bool:
        """Whether there is a transaction now; not when nobody has the patience to wait for it any more."""
        while True:
            try:
                connection.begin()
                return True
            except sqlite3.OperationalError as error:
                if not _is_busy(error):
                    raise
                self._refuse(error, asyncio.get_running_loop().time())
            if not self._anybody_waits():
                return False
            await asyncio.sleep(ASKED_AGAIN_S)

    async def _run_group(self, connection: AtHand) -> None:
        group: list[_Turn] = []
        lost: Exception | None = _CLOSED
        try:
            while len(group) < MOST and self._anybody_waits():
                group.append(self._waiting.popleft())
                await _run(group[-1], connection)
            await connection.commit()
            lost = None
        except _REFUSED as error:
            lost = error
            connection.rollback()
        finally:
            for turn in group:
                turn.settle(lost)


async def _until_free(begin: Callable[[], None]) -> None:
    """Begin, as soon as no other process is in the way any more; for reading, it seldom is."""
    until = asyncio.get_running_loop().time() + PATIENCE_S
    while True:
        try:
            begin()
            return
        except sqlite3.OperationalError as error:
            if not _is_busy(error) or asyncio.get_running_loop().time() > until:
                raise
        await asyncio.sleep(ASKED_AGAIN_S)


def _is_busy(error: sqlite3.Error) -> bool:
    return error.sqlite_errorname.startswith("SQLITE_BUSY")


async def _run(turn: _Turn, connection: AtHand) -> None:
    connection.now("SAVEPOINT turn")
    turn.given.set_result(connection)
    await turn.over.wait()
    if not connection.in_transaction:
        # SQLite gave up all of it, the group's earlier transactions too.
        raise turn.failure if isinstance(turn.failure, DBAPIError) else sqlite3.OperationalError("rolled back")
    if turn.failure is not None:
        connection.now("ROLLBACK TO turn")
    connection.now("RELEASE turn")
    if not connection.has_written:
        turn.settle()


def _turn_to_wal(*arguments: Any, **options: Any) -> None:
    with contextlib.closing(sqlite3.connect(*arguments, **options)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
