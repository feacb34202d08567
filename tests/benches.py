"""A judge at work in this process, as ``chainrule judge`` is one in its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from bot.judging.duty import Duty
from bot.judging.queued import answer_request
from bot.ports import Clock, Judge
from bot.queueing import ANSWER, JUDGE
from bot.sealing import SecretSeal
from bot.store import SqlStore
from bot.store.notifying import Notifications
from bot.store.working import Workers
from bot.usecases.background import SharedBell
from bot.usecases.banks import Banks
from bot.usecases.judging import judge_queued
from bot.usecases.parts import Parts
from tests.usecases.town import seed


class Bench:
    """Where ``judge`` works: it takes jobs of the database at ``url``, by a clock that tests turn."""

    def __init__(self, url: str, clock: Clock, judge: Judge) -> None:
        self.judge = judge
        self.told: list[str] = []
        self.ready = asyncio.Event()
        self._url = url
        self._clock = clock
        self.duty = Duty(judge, 2, "2.13.0+cpu", self.told.append, self._on_ready)

    def _on_ready(self, is_ready: bool) -> None:
        self.ready.set() if is_ready else self.ready.clear()

    @property
    def is_ready(self) -> bool:
        """Whether it takes jobs."""
        return self.ready.is_set()

    @asynccontextmanager
    async def at_work(self, store: SqlStore) -> AsyncIterator[Workers]:
        notifications = Notifications(self._url)
        bell = SharedBell(notifications.tell_of_outbox)
        banks = Banks(store, self.judge, self._clock, seed)
        parts = Parts(store, self.judge, self._clock, banks, seed, SecretSeal(b"nobody's"), bell=bell)
        perform = {
            JUDGE: self.duty.guarded(partial(judge_queued, parts)),
            ANSWER: self.duty.guarded(
                lambda number: answer_request(store, self.judge, number, notifications.tell_answered)
            ),
        }
        async with Workers(self._url, perform, drain_s=2) as workers:
            tasks = [
                asyncio.create_task(work)
                for work in (notifications.keep(), self.duty.serve(workers), workers.sweep_forever())
            ]
            try:
                yield workers
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
