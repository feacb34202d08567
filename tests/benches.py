"""A judge at work in this process, as ``chainrule judge`` is one in its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.judging.duty import Duty
from bot.ports import Clock, Judge
from bot.store import SqlStore
from bot.store.working import Workers
from bot.wiring import working


class Bench:
    """Where ``judge`` works: it takes jobs of the database at ``url``, by a clock that tests turn."""

    def __init__(self, url: str, clock: Clock, judge: Judge) -> None:
        self.judge = judge
        self.told: list[str] = []
        self.ready = asyncio.Event()
        self._url = url
        self._clock = clock
        self.wanted = "2.13.0+cpu"
        self.duty = Duty(judge, 2, self._torch, self.told.append, self._on_ready)

    async def _torch(self) -> str:
        return self.wanted

    def _on_ready(self, is_ready: bool) -> None:
        self.ready.set() if is_ready else self.ready.clear()

    @property
    def is_ready(self) -> bool:
        """Whether it takes jobs."""
        return self.ready.is_set()

    @asynccontextmanager
    async def at_work(self, store: SqlStore) -> AsyncIterator[Workers]:
        async with working(self._url, store, self.judge, self.duty, self._clock) as workers:
            serving = asyncio.create_task(self.duty.serve(workers))
            try:
                yield workers
            finally:
                serving.cancel()
                await asyncio.gather(serving, return_exceptions=True)
