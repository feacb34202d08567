"""What is being done just now, so that a process that ends can wait for it."""

from __future__ import annotations

import asyncio
import contextlib
from types import TracebackType


class UnderWay:
    """Each ``with`` block is something that is being done."""

    def __init__(self) -> None:
        self._count = 0
        self._nothing = asyncio.Event()
        self._nothing.set()

    def __enter__(self) -> None:
        self._count += 1
        self._nothing.clear()

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        self._count -= 1
        if not self._count:
            self._nothing.set()

    async def over(self, seconds: float) -> None:
        """Wait until nothing is, at most so long."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._nothing.wait()
