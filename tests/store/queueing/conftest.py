"""Bots and judges of one deployment on a real PostgreSQL, all in this process; their sandbox is not there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import pytest

from bot.judging.queued import QueuedJudge
from bot.sealing import SecretSeal
from bot.store import SqlStore, open_store
from bot.store.notifying import Notifications
from bot.usecases.background import SharedBell
from bot.usecases.service import Service
from tests.benches import Bench
from tests.databases import Databases
from tests.usecases.town import DOUBLE, LEAF, SLOPE, Town, seed


class BigTown(Town):
    """A town whose judges are elsewhere."""

    def __init__(self, store: SqlStore, url: str) -> None:
        self.url = url
        self.notifications = Notifications(url)
        self.bell = SharedBell(self.notifications.tell_of_outbox)
        super().__init__(store)

    def restarted(self) -> Service:
        judge = QueuedJudge(self.store, self.notifications, lambda: self.now)
        seal = SecretSeal(b"of the town")
        return Service(self.store, judge, lambda: self.now, seed, seal, shared_bell=self.bell)


Hire = Callable[[], Awaitable[Bench]]


async def until(happened: Callable[[], Awaitable[bool]], seconds: float = 10.0) -> None:
    """Wait for what comes of its own."""
    for _ in range(round(seconds / 0.02)):
        if await happened():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it did not happen")


@pytest.fixture
def queue_url(postgres: Databases) -> str:
    return postgres("migrated")


@pytest.fixture
async def town(queue_url: str) -> AsyncIterator[BigTown]:
    """A bot, and no judge yet."""
    store = await open_store(queue_url)
    town = BigTown(store, queue_url)
    keeping = asyncio.create_task(town.notifications.keep(town.bell.heard))
    await town.asks(DOUBLE, SLOPE, LEAF)
    yield town
    await town.service.close()
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)
    await store.close()


@pytest.fixture
async def benches(town: BigTown) -> AsyncIterator[Hire]:
    """Starts judges, each with a store of its own."""
    async with AsyncExitStack() as stack:

        async def hire() -> Bench:
            store = await open_store(town.url)
            stack.push_async_callback(store.close)
            bench = Bench(town.url, lambda: town.now, town.judge)
            await stack.enter_async_context(bench.at_work(store))

            async def works() -> bool:
                return bench.is_ready and await has_judge(town)

            await until(works)
            return bench

        yield hire


async def has_judge(town: BigTown) -> bool:
    async with town.store.read() as work:
        return await work.jobs.has_judge()


@pytest.fixture
async def store(queue_url: str) -> AsyncIterator[SqlStore]:
    store = await open_store(queue_url)
    yield store
    await store.close()
