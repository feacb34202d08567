"""A host whose clock is off: on PostgreSQL all go by the server's, so nothing comes late and nothing is lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
import structlog

from bot import clocks
from bot.clocks import SharedClock, host_time
from bot.ports import Clock
from bot.sealing import SecretSeal
from bot.store import SqlStore, open_store
from bot.usecases.service import Service
from tests.databases import Databases
from tests.store.scene import rows
from tests.store.test_outage import gone
from tests.usecases.town import DOUBLE, RIGHT, Town, seed

SECOND = timedelta(seconds=1)
OFF = pytest.mark.parametrize("off", [timedelta(minutes=5), timedelta(minutes=-5)], ids=["ahead", "behind"])


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[SqlStore]:
    store = await open_store(url, migrate=False)
    try:
        yield store
    finally:
        await store.close()


def service_of(town: Town, clock: Clock) -> Service:
    return Service(town.store, town.judge, clock, seed, SecretSeal(b"of the town"))


@OFF
async def test_what_a_host_with_a_wrong_clock_writes_is_due_now(postgres: Databases, off: timedelta) -> None:
    url = postgres("migrated")
    async with opened(url) as store:
        clock = SharedClock(store, lambda: host_time() + off)
        await clock.measure()
        town = Town(store)
        right, wrong = service_of(town, host_time), service_of(town, clock)
        await town.asks(DOUBLE)
        town.service = wrong
        await town.say("today")
        effects = town.begin(f"answer {RIGHT}")
        shown = await anext(effects)
        await effects.aclose()
        await town.settles()
        await wrong.shown(shown.slot, town.platform, "")
        await right.deliver_due(town)
        assert [show.slot for show, _ in town.shown] == ["verdict:1"]
    (times,) = await rows(url, "SELECT received_at FROM submission")
    received: datetime = times.received_at
    assert abs(host_time() - received.replace(tzinfo=UTC)) < 60 * SECOND


@OFF
async def test_it_says_once_that_the_hosts_clock_is_off(postgres: Databases, off: timedelta) -> None:
    async with opened(postgres("migrated")) as store:
        clock = SharedClock(store, lambda: host_time() + off)
        with structlog.testing.capture_logs() as logs:
            for _ in range(3):
                await clock.measure()
        assert [entry["ahead_seconds"] for entry in logs] == [off.total_seconds()]
        assert abs(clock() - host_time()) < SECOND


async def test_a_clock_that_is_set_while_it_runs_changes_nothing(postgres: Databases) -> None:
    async with opened(postgres("migrated")) as store:
        off = timedelta()
        clock = SharedClock(store, lambda: host_time() + off)
        await clock.measure()
        off = timedelta(hours=1)
        assert abs(clock() - host_time()) < SECOND


async def test_it_counts_on_while_the_database_is_away(postgres: Databases, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clocks, "MEASURE_SECONDS", 0.05)
    url = postgres("migrated")
    async with opened(url) as store:
        clock = SharedClock(store, lambda: host_time() - timedelta(minutes=5))
        await clock.measure()
        with structlog.testing.capture_logs() as logs:
            keeping = asyncio.create_task(clock.keep())
            async with gone(url):
                await asyncio.sleep(0.3)
                assert abs(clock() - host_time()) < SECOND
            assert not keeping.done()
            keeping.cancel()
    assert any("cannot be read" in entry["event"] for entry in logs)


async def test_on_a_file_it_is_the_clock_of_the_host(migrated_sqlite_url: str) -> None:
    async with opened(migrated_sqlite_url) as store:
        clock = SharedClock(store, lambda: datetime(2026, 3, 9, 12, tzinfo=UTC))
        await clock.measure()
        assert clock() == datetime(2026, 3, 9, 12, tzinfo=UTC)
