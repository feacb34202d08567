"""The time all processes of a deployment agree on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import structlog

from bot.ports import StoreUnavailable
from bot.repositories import Store

MEASURE_SECONDS = 60.0
SAMPLES = 3
TOLERATED = timedelta(seconds=30)
"""How far the clock of a host may be off before its operator is told."""
_log = structlog.get_logger()


def host_time() -> datetime:
    """Now, in UTC, by the clock of this host."""
    return datetime.now(UTC)


class SharedClock:
    """A :data:`bot.ports.Clock` that shows the time of the database's server, wherever it is asked.

    It is the clock of this ``host`` where the database is a file. Otherwise, between two looks at the server, it counts
    on by itself, through whatever is set on this host, and through its sleep.
    """

    def __init__(self, store: Store, host: Callable[[], datetime] = host_time) -> None:
        self._store = store
        self._host = host
        self._zero: datetime | None = None
        """The server's time when this host's counter was at 0."""
        self._is_told = False

    def __call__(self) -> datetime:
        """Now, in UTC."""
        return self._host() if self._zero is None else self._zero + _counter()

    async def measure(self) -> None:
        """Look at the server's clock. Raises :class:`bot.ports.StoreUnavailable`; then it counts on."""
        looks = [look for _ in range(SAMPLES) if (look := await self._look()) is not None]
        if not looks:
            return
        # Of an answer that took long nobody knows how much of it was the way there.
        _, self._zero = min(looks)
        self._tell(self._host() - self())

    async def keep(self) -> None:
        """Measure now and then, until cancelled."""
        while True:
            await asyncio.sleep(MEASURE_SECONDS)
            try:
                await self.measure()
            except StoreUnavailable as fault:
                _log.warning("the server's clock cannot be read; trying again soon", reason=str(fault))

    async def _look(self) -> tuple[timedelta, datetime] | None:
        """How long the answer took, and the time at 0 that it means."""
        asked = _counter()
        server = await self._store.time()
        if server is None:
            return None
        answered = _counter()
        return answered - asked, server - (asked + answered) / 2

    def _tell(self, ahead: timedelta) -> None:
        if abs(ahead) > TOLERATED and not self._is_told:
            self._is_told = True
            _log.warning(
                "the clock of this host is not the database server's, whose time is used; set one of the two",
                ahead_seconds=round(ahead.total_seconds()),
            )


def _counter() -> timedelta:
    return timedelta(seconds=time.clock_gettime(time.CLOCK_BOOTTIME))
