"""What processes of one deployment tell each other through PostgreSQL, so that none has to look all the time.

Nothing depends on it: whoever waits also looks now and then, and a notification that is lost costs a second.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import psycopg
import structlog

from bot.store.address import conninfo

CHANNEL = "chainrule"
OUTBOX, ANSWERED = "outbox", "answered"
AGAIN_SECONDS = 1.0
_MOST_AT_ONCE = 100
_TELL = "SELECT pg_notify(%s, said) FROM unnest(%s::text[]) AS said"
_log = structlog.get_logger()


def _ignored() -> None: ...


class Notifications:
    """Tells others, and hears them; see :class:`bot.queueing.Hearing`.

    Use :meth:`keep` as a task: until it runs nothing is told or heard.
    """

    def __init__(self, url: str) -> None:
        self._conninfo = conninfo(url)
        self._on_outbox: Callable[[], None] = _ignored
        self._untold: dict[str, None] = {}
        self._has_news = asyncio.Event()
        self._awaited: dict[str, asyncio.Event] = {}

    def tell_of_outbox(self) -> None:
        """There may be something in the outbox. To be called when the transaction that wrote to it has ended."""
        self._tell(OUTBOX)

    def tell_answered(self, number: int) -> None:
        """A request was answered."""
        self._tell(f"{ANSWERED} {number}")

    def _tell(self, said: str) -> None:
        self._untold[said] = None
        self._has_news.set()

    async def until_answered(self, number: int, seconds: float) -> None:
        """See :class:`bot.queueing.Hearing`."""
        said = f"{ANSWERED} {number}"
        answered = self._awaited.setdefault(said, asyncio.Event())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await answered.wait()
        self._awaited.pop(said, None)

    async def keep(self, on_outbox: Callable[[], None] = _ignored) -> None:
        """Tell and hear, until cancelled; ``on_outbox`` is called when others told of it.

        A database that is away is waited for.
        """
        self._on_outbox = on_outbox
        async with asyncio.TaskGroup() as group:
            group.create_task(self._with_connection(self._listen))
            group.create_task(self._with_connection(self._speak))

    async def _with_connection(self, use: Callable[[psycopg.AsyncConnection], Awaitable[None]]) -> None:
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(self._conninfo, autocommit=True) as connection:
                    await use(connection)
            except (psycopg.Error, OSError) as fault:
                _log.warning("other processes cannot be heard; trying again soon", reason=str(fault).partition("\n")[0])
            except Exception:  # without ears everything that others did would come a while later, for good
                _log.exception("other processes cannot be heard; trying again soon")
            await asyncio.sleep(AGAIN_SECONDS)

    async def _listen(self, connection: psycopg.AsyncConnection) -> None:
        await connection.execute(f"LISTEN {CHANNEL}")
        self._on_outbox()  # whatever was told while nobody heard
        async for heard in connection.notifies():
            self._hear(heard.payload)

    def _hear(self, said: str) -> None:
        if said == OUTBOX:
            self._on_outbox()
        elif answered := self._awaited.get(said):  # whatever else is said there is none of ours
            answered.set()

    async def _speak(self, connection: psycopg.AsyncConnection) -> None:
        while True:
            await self._has_news.wait()
            self._has_news.clear()
            while some := list(self._untold)[:_MOST_AT_ONCE]:
                # Before, not after: what is told meanwhile is to be told again.
                for said in some:
                    del self._untold[said]
                try:
                    # A transaction of its own that writes nothing has nothing to sync to the disk.
                    await connection.execute(_TELL, (CHANNEL, some))
                except psycopg.Error:
                    self._untold |= dict.fromkeys(some)
                    self._has_news.set()
                    raise
