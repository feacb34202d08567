"""What goes on after a command was answered, and the bell that says something came of it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from typing import Any

import structlog

_log = structlog.get_logger()


class Background:
    """Work that outlives the command that began it; what it left undone when closed is taken up after a restart."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Begin; a fault of ours is logged."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (fault := task.exception()):
            _log.error("something in the background failed", exc_info=fault)

    @property
    def running(self) -> frozenset[asyncio.Task[None]]:
        """What goes on."""
        return frozenset(self._tasks)

    async def close(self) -> None:
        """End whatever still goes on."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


class Bell:
    """Wakes everybody who waits for its next ring; who takes :attr:`next` before looking misses none."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """Wake everybody."""
        self._rung.set()
        self._rung = asyncio.Event()

    @property
    def next(self) -> asyncio.Event:
        """The next ring."""
        return self._rung

    @staticmethod
    async def until(ring: asyncio.Event, seconds: float) -> None:
        """Wait for this ring, at most so long."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await ring.wait()


class SharedBell(Bell):
    """A bell that is heard in other processes, too; ``tell`` has them ring theirs."""

    def __init__(self, tell: Callable[[], None]) -> None:
        super().__init__()
        self._tell = tell

    def ring(self) -> None:
        """Wake everybody, here and elsewhere."""
        self.heard()
        self._tell()

    def heard(self) -> None:
        """Another process rang: wake everybody here."""
        super().ring()
