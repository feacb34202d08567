"""A database host that vanishes closes nothing: whoever is connected to it finds out within seconds all the same."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import make_url

from bot.ports import StoreUnavailable
from bot.queueing import ANSWER, Lane, Urgency
from bot.store import open_store
from bot.store.address import UNLESS_SET, bounded, conninfo
from bot.store.notifying import Notifications
from bot.store.working import Workers
from tests.databases import Databases
from tests.store.queueing.conftest import until
from tests.store.wire import Wire

SECONDS = 2


@pytest.fixture
async def wire(postgres: Databases, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Wire]:
    """A way to an up-to-date database, which is given up after two seconds instead of twenty."""
    hurried = {"keepalives_idle": 1, "keepalives_interval": 1, "tcp_user_timeout": SECONDS * 1000}
    for name, value in hurried.items():
        monkeypatch.setitem(UNLESS_SET, name, str(value))
    async with Wire(postgres("migrated")) as wire:
        yield wire


def test_a_server_that_says_nothing_is_given_up_after_twenty_seconds() -> None:
    assert dict(bounded(make_url("postgresql://h/d")).query) == {
        "connect_timeout": "5",
        "keepalives_idle": "5",
        "keepalives_interval": "5",
        "keepalives_count": "3",
        "tcp_user_timeout": "20000",
    }


def test_what_the_url_says_itself_counts() -> None:
    told = conninfo_to_dict(conninfo("postgresql+psycopg://u:p@h/d?tcp_user_timeout=7&options=-c+a%3D1+-c+b%3D2"))
    said = {"host": "h", "user": "u", "password": "p", "dbname": "d", "options": "-c a=1 -c b=2"}
    assert told == {**UNLESS_SET, **said, "tcp_user_timeout": "7"}


async def test_a_transaction_under_way_fails(wire: Wire) -> None:
    store = await open_store(wire.url)

    async def knows(vanishes: bool, *communities: str) -> None:
        async with store.begin() as work:
            for community in communities:
                await work.communities.community("discord", community, "a place")
                if vanishes:
                    wire.vanish()

    began = time.monotonic()
    async with asyncio.timeout(10 * SECONDS):
        with pytest.raises(StoreUnavailable, match="does not answer"):
            await knows(True, "1", "2")
        assert time.monotonic() - began > SECONDS * 0.9, "the network had its time"
        await knows(False, "3")
    await store.close()


async def test_what_is_told_is_heard_again(wire: Wire) -> None:
    notifications, heard = Notifications(wire.url), asyncio.Event()
    keeping = asyncio.create_task(notifications.keep(heard.set))
    async with asyncio.timeout(20 * SECONDS):
        await heard.wait()  # it listens
        wire.vanish()
        heard.clear()
        await heard.wait()  # and listens again
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)


async def test_jobs_are_taken_again(wire: Wire) -> None:
    done: list[int] = []

    async def perform(number: int) -> None:
        done.append(number)

    store = await open_store(wire.url)

    async def does_one() -> None:
        async with store.begin() as work:
            number = await work.jobs.ask(b"asked", Lane.QUESTIONS, Urgency.LIVE, datetime.now(UTC))

        async def is_done() -> bool:
            return number in done

        await until(is_done, 10 * SECONDS)

    async with Workers(wire.url, {ANSWER: perform}, drain_s=1) as workers:
        working = asyncio.create_task(workers.work({Lane.QUESTIONS: 1}))
        await does_one()
        wire.vanish()
        with pytest.raises(StoreUnavailable):
            await does_one()
        await does_one()
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
    await store.close()
