"""SQLite: transactions take turns, and those that wait at the same time reach the disk together.

SQLite runs one transaction at a time, and what a commit costs is the wait for the disk. So each of ours is a savepoint
of one of SQLite's, which takes in whoever waits. Nobody's ends before the commit, unless nothing was written so far:
what is acknowledged is on the disk. If the commit fails, all of them fail.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import sqlite3
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError

from bot.store.at_hand import AtHand, engine_of, turn_to_wal
from bot.store.connection import PATIENCE_S, Connected, FileGone, OnThisHost, TurnTooLate

MOST = 32
"""Transactions committed together: the first of them waits for the last."""
LONGEST_S = 2 * PATIENCE_S
"""How long a turn is waited for; to be told that it is another process which holds the lock takes half of that."""
ASKED_AGAIN_S = 0.005
"""How soon the lock is asked for again while another process holds it."""
_REFUSED = (DBAPIError, sqlite3.Error)


class _Turn:
    """One of our transactions: given its connection, and settled when it may return."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self.until = loop.time() + PATIENCE_S
        self.given: asyncio.Future[AtHand] = loop.create_future()
        self._settled = asyncio.Event()
        self._lost: Exception | None = None

    @property
    def has_begun(self) -> bool:
        """Whether it was given the connection, and has to give it back."""
        return self.given.done() and not self.given.cancelled() and self.given.exception() is None

    def settle(self, lost: Exception | None = None) -> None:
        """It is on the disk, or it is ``lost``; only the first that is said of it counts."""
        if not self._settled.is_set():
            self._lost = lost
            self._settled.set()

    async def settled(self) -> None:
        """Wait for the commit; raises why it failed."""
        # Where there is nothing to wait for, others still get their turn: nothing else in a transaction gives way.
        await (asyncio.sleep(0) if self._settled.is_set() else self._settled.wait())
        if self._lost is not None:
            raise self._lost


class SqliteDatabase(OnThisHost):
    """See :class:`bot.store.connection.Database`.

    A turn passes from one to the next without a detour through the loop, which may have other things to do for
    milliseconds: whoever's turn is over gives the connection to whoever waits, or has the group committed.
    """

    def __init__(self, url: URL) -> None:
        self.url = url
        self._engine = engine_of(url)
        self._path = os.path.abspath(url.database or "")
        self._file: os.stat_result | None = None
        """What was at the path when it was first used."""
        self._connection: AtHand | None = None
        self._readers: list[AtHand] = []
        self._waiting: deque[_Turn] = deque()
        self._group: list[_Turn] = []
        """Those who had their turn since the last commit, the last of them perhaps still has it."""
        self._asking: asyncio.Task[None] | None = None
        """Asks for the lock while another process holds it."""
        self._committing: asyncio.Task[None] | None = None
        self._is_closed = False

    async def prepare(self) -> None:
        """Make the file one that can be read while it is written. Raises :class:`NoLogAhead`."""
        arguments, options = self._engine.dialect.create_connect_args(self.url)
        await asyncio.to_thread(turn_to_wal, *arguments, **{**options, "timeout": PATIENCE_S})

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connected]:
        """See :class:`bot.store.connection.Database`.

        Raises :class:`TurnTooLate` and :class:`FileGone` besides the driver's errors.
        """
        turn = _Turn()
        self._waiting.append(turn)
        if not (self._group or self._asking):
            self._begin_group()
        failure: BaseException | None = None
        try:
            if not turn.given.done():
                await _in_time(turn.given)
            yield turn.given.result()
        except BaseException as error:
            failure = error
            raise
        finally:
            if turn.has_begun:
                self._end_turn(turn, failure)
        await turn.settled()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Connected]:
        """See :class:`bot.store.connection.Database`; raises :class:`FileGone` besides the driver's errors."""
        self._expect_same_file()
        connection = self._readers.pop() if self._readers else AtHand(self._engine, only_reads=True)
        try:
            await _until_free(connection.begin_reading)
            yield connection
            connection.rollback()
        except BaseException:
            connection.close()
            raise
        if self._is_closed:
            connection.close()
        else:
            self._readers.append(connection)
        await asyncio.sleep(0)  # as at the end of a turn

    snapshot = reading

    async def close(self) -> None:
        """Close every connection. A transaction still running is rolled back; one being committed is waited for."""
        self._is_closed = True
        if self._asking:
            self._asking.cancel()
            self._asking = None
        if self._committing:
            await asyncio.wait([self._committing])
        self._refuse(_closed(), math.inf)
        self._settle(_closed())
        self._drop()
        while self._readers:
            self._readers.pop().close()

    def _begin_group(self) -> None:
        """Begin a transaction of SQLite's for those who wait, if there are any, and give the first of them a turn."""
        if not self._anybody_waits():
            return
        if self._is_closed:
            self._refuse(_closed(), math.inf)
            return
        try:
            self._expect_same_file()
            if self._connection is None:
                self._connection = AtHand(self._engine)
            self._connection.begin()
            self._give_turn(self._connection)
        except Exception as error:  # whatever it is, those who wait must hear of it
            if _is_busy(error):
                self._asking = asyncio.create_task(self._ask_again(error))
                return
            if isinstance(error, FileGone):
                self._leave_nothing_behind()
            self._drop()
            self._refuse(error, math.inf)

    def _expect_same_file(self) -> None:
        """Raise :class:`FileGone` if another file is at the path by now, or none."""
        try:
            found = os.stat(self._path)
        except FileNotFoundError:
            if self._file is not None:
                raise FileGone from None
            return
        except OSError:
            return  # nobody may look there any more, which is no reason to stop
        if self._file is None:
            self._file = found
        elif not os.path.samestat(found, self._file):
            raise FileGone

    def _leave_nothing_behind(self) -> None:
        """The log is still where it was: the file would miss it, and one in its place be destroyed by it."""
        if self._connection is not None:
            with contextlib.suppress(*_REFUSED):
                self._connection.empty_log()

    async def _ask_again(self, held: Exception) -> None:
        await asyncio.sleep(ASKED_AGAIN_S)
        self._asking = None
        self._refuse(held, asyncio.get_running_loop().time())
        self._begin_group()

    def _give_turn(self, connection: AtHand) -> None:
        connection.now("SAVEPOINT turn")
        turn = self._waiting.popleft()
        self._group.append(turn)
        turn.given.set_result(connection)

    def _end_turn(self, turn: _Turn, failure: BaseException | None) -> None:
        connection = turn.given.result()
        if connection is not self._connection:
            return  # it was closed meanwhile
        try:
            if not connection.in_transaction:
                # SQLite gave up all of it, the group's earlier transactions too.
                raise failure if isinstance(failure, DBAPIError) else sqlite3.OperationalError("rolled back")
            if failure is not None:
                connection.now("ROLLBACK TO turn")
            connection.now("RELEASE turn")
            if not connection.has_written:
                turn.settle()
            if len(self._group) < MOST and self._anybody_waits():
                self._give_turn(connection)
            elif connection.has_written:
                self._committing = asyncio.create_task(self._commit(connection))
            else:
                connection.end()
                self._end_group()
        except Exception as error:  # whatever it is, those who wait must get their turn
            self._end_group(error)

    async def _commit(self, connection: AtHand) -> None:
        lost: Exception | None = _closed()
        try:
            await connection.commit()
            lost = None
        except Exception as error:
            lost = error
        finally:
            self._committing = None
            self._end_group(lost)

    def _end_group(self, lost: Exception | None = None) -> None:
        self._settle(lost)
        if lost is not None:
            self._drop()
        self._begin_group()

    def _settle(self, lost: Exception | None) -> None:
        group, self._group = self._group, []
        for turn in group:
            turn.settle(lost)

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            # One that cannot even be closed is given up all the more.
            with contextlib.suppress(*_REFUSED):
                connection.close()

    def _anybody_waits(self) -> bool:
        while self._waiting and self._waiting[0].given.done():  # it was cancelled, or refused
            self._waiting.popleft()
        return bool(self._waiting)

    def _refuse(self, error: Exception, now: float) -> None:
        """Let down those who wait, and have no more patience at the time ``now``."""
        for turn in self._waiting:
            if turn.until <= now and not turn.given.done():
                turn.given.set_exception(error)


async def _in_time(given: asyncio.Future[AtHand]) -> None:
    try:
        async with asyncio.timeout(LONGEST_S):
            await given
    except TimeoutError:
        raise TurnTooLate from None


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


def _closed() -> sqlite3.Error:
    return sqlite3.OperationalError("the database is closed")


def _is_busy(error: Exception) -> bool:
    cause = error.orig if isinstance(error, DBAPIError) else error
    return getattr(cause, "sqlite_errorname", "").startswith("SQLITE_BUSY")
