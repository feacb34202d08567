"""Doing alone what only one process of a deployment may do: a lock of PostgreSQL's, held by a connection of its own."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from socket import SHUT_RDWR, socket
from typing import TYPE_CHECKING, Any

import structlog

if TYPE_CHECKING:
    from psycopg import AsyncConnection

LOOK_SECONDS = 1.0
"""How often the lock is asked for, and how often the connection that holds it for a sign of life."""
ANSWER_SECONDS = 2.0
"""How long that may take; together this is how soon a loss is noticed."""
FROZEN_SECONDS = 15
"""How long a process that stands still keeps what it holds: whoever lives asks for something many times meanwhile."""
# The server ends the connection of a host that vanished, and with it the lock: 10 s of silence, three questions, or
# 20 s in which nothing that it sent was acknowledged. Of a process that is only frozen the host answers all that.
# It is said once there is a connection, as poolers refuse to be told with the first word.
_LET_GO = f"""
    SELECT set_config('tcp_keepalives_idle', '10', false), set_config('tcp_keepalives_interval', '5', false),
        set_config('tcp_keepalives_count', '3', false), set_config('tcp_user_timeout', '20000', false),
        set_config('idle_session_timeout', '{FROZEN_SECONDS}s', false)
"""
_log = structlog.get_logger()


@asynccontextmanager
async def alone_at(address: Mapping[str, Any], name: str, waiting: Callable[[], None]) -> AsyncIterator[asyncio.Event]:
    """See :meth:`bot.repositories.Store.alone`; ``address`` is what the driver connects by."""
    lock = _Lock(address, name)
    lost, watching = asyncio.Event(), None
    try:
        await lock.taken(waiting)
        watching = asyncio.create_task(lock.watched(lost))
        yield lost
    finally:
        if watching is not None:
            watching.cancel()
        # At once, also where the server does not answer: not a word is said to it.
        lock.let_go()


class _Lock:
    """The lock called ``name``, and the connection it is held by."""

    def __init__(self, address: Mapping[str, Any], name: str) -> None:
        self._address = {**address, "application_name": "chainrule alone"}
        self._name = name
        self._key = int.from_bytes(hashlib.blake2b(f"chainrule {name}".encode(), digest_size=8).digest(), signed=True)
        self._connection: AsyncConnection[Any] | None = None
        self._asking: asyncio.Task[Any] | None = None

    async def taken(self, waiting: Callable[[], None]) -> None:
        """Wait until it is ours."""
        is_told = False
        while not await self._try():
            if not is_told:
                is_told = True
                waiting()
            await asyncio.sleep(LOOK_SECONDS)

    async def watched(self, lost: asyncio.Event) -> None:
        """Set ``lost`` once the connection is."""
        while await self._ask("SELECT 1") is not None:  # noqa: ASYNC110  the server's loss rings no bell here
            await asyncio.sleep(LOOK_SECONDS)
        _log.warning("the database let go of what one process does alone", what=self._name)
        lost.set()

    def let_go(self) -> None:
        connection, self._connection = self._connection, None
        if connection is None:
            return
        if self._asking is None or self._asking.done():
            connection.pgconn.finish()
            return
        from psycopg import Error

        # The server hears of it at once; what is freed while something is still asked crashes the process.
        with contextlib.suppress(OSError, Error), socket(fileno=os.dup(connection.pgconn.socket)) as wire:
            wire.shutdown(SHUT_RDWR)
        self._asking.add_done_callback(lambda _: connection.pgconn.finish())

    async def _try(self) -> bool:
        if self._connection is None and not await self._connected():
            return False
        if (answer := await self._ask(f"SELECT pg_try_advisory_lock({self._key})")) is None:
            self.let_go()
        return bool(answer)

    async def _connected(self) -> bool:
        from psycopg import AsyncConnection, Error

        try:
            self._connection = await AsyncConnection.connect(**self._address, autocommit=True)
        except (Error, OSError) as fault:
            _log.warning("the database cannot be asked who does it", what=self._name, reason=type(fault).__name__)
            return False
        if await self._ask(_LET_GO) is None:
            self.let_go()
        return self._connection is not None

    async def _ask(self, query: str) -> Any:
        """The first value; ``None`` where there is no answer in time, or it was not read in time."""
        loop = asyncio.get_running_loop()
        asked, asking = loop.time(), asyncio.create_task(self._value(query))
        self._asking = asking
        try:
            # A cancelled query waits for the server to say so, which a server that is gone never does.
            done, _ = await asyncio.wait({asking}, timeout=ANSWER_SECONDS)
        finally:
            asking.cancel()
        # We may have stood still since: what was ours when it was said is another's by now.
        return asking.result() if done and loop.time() - asked < FROZEN_SECONDS else None

    async def _value(self, query: str) -> Any:
        from psycopg import Error

        connection = self._connection
        assert connection is not None, "it is asked only while there is one"
        with contextlib.suppress(Error, OSError):
            cursor = await connection.execute(query.encode(), prepare=False)
            row = await cursor.fetchone()
            return row[0] if row else None
        return None
