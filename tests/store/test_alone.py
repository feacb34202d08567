"""What one process does at a time: another begins when that one is gone, or has lost the database."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from sqlalchemy import select

from bot.ports import StoreUnavailable
from bot.store import open_store
from bot.store.alone import ANSWER_SECONDS, FROZEN_SECONDS, LOOK_SECONDS
from bot.store.engine import database_at
from bot.usecases.alone import while_alone
from tests.databases import Databases
from tests.store.scene import rows
from tests.store.wire import Wire

END_THEM = (
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
    "WHERE application_name = 'chainrule alone' AND datname = current_database()"
)

HOLDING = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted"
HOLDERS = (
    "SELECT application_name FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE locktype = 'advisory' AND granted"
)


async def until(true: Callable[[], bool], seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


@dataclass
class Process:
    """What a process of ours would do alone; ``told`` what happened to it."""

    url: str
    told: list[str] = field(default_factory=list)
    ends_in: float = 0

    async def work(self) -> None:
        self.told.append("begun")
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(self.ends_in)
            self.told.append("ended")

    @asynccontextmanager
    async def running(self, name: str = "this") -> AsyncIterator[None]:
        store = await open_store(self.url, migrate=False)
        task = asyncio.create_task(while_alone(store, name, self.work, lambda: self.told.append("waits")))
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await store.close()


async def test_another_waits_and_begins_when_the_first_is_gone(postgres: Databases) -> None:
    url = postgres("migrated")
    first, second, third = Process(url), Process(url), Process(url)
    async with contextlib.AsyncExitStack() as later:
        async with first.running():
            await until(lambda: first.told == ["begun"])
            await later.enter_async_context(second.running())
            await later.enter_async_context(third.running("something else"))
            await until(lambda: second.told == ["waits"])
            await until(lambda: third.told == ["begun"])
            await asyncio.sleep(1.5)  # it has looked again meanwhile
            assert (first.told, second.told) == (["begun"], ["waits"])
        await until(lambda: second.told == ["waits", "begun"])
    assert first.told == ["begun", "ended"]


async def test_it_stays_ours_until_the_work_has_ended(postgres: Databases) -> None:
    url = postgres("migrated")
    first, second = Process(url, ends_in=2), Process(url)
    async with contextlib.AsyncExitStack() as later:
        async with first.running():
            await until(lambda: first.told == ["begun"])
            await later.enter_async_context(second.running())
            await until(lambda: second.told == ["waits"])
        assert (first.told, second.told) == (["begun", "ended"], ["waits"])
        await until(lambda: second.told == ["waits", "begun"])


async def test_on_a_file_nobody_waits(migrated_sqlite_url: str) -> None:
    first, second = Process(migrated_sqlite_url), Process(migrated_sqlite_url)
    async with first.running(), second.running():
        await until(lambda: first.told == second.told == ["begun"])


async def test_what_ends_by_itself_is_not_begun_again(postgres: Databases) -> None:
    store, told = await open_store(postgres("migrated")), list[str]()

    async def work(how: str) -> None:
        told.append(how)
        if how == "fails":
            raise InterruptedError

    await while_alone(store, "this", lambda: work("ends"))
    with pytest.raises(InterruptedError):
        await while_alone(store, "this", lambda: work("fails"))
    await store.close()
    assert told == ["ends", "fails"]


async def test_a_connection_that_ends_ends_the_work_which_begins_again(postgres: Databases) -> None:
    url = postgres("migrated")
    process = Process(url)
    async with process.running():
        await until(lambda: process.told == ["begun"])
        assert await rows(url, END_THEM) == [(1,)]
        await until(lambda: process.told[:2] == ["begun", "ended"], 3)
        await until(lambda: process.told == ["begun", "ended", "begun"])


async def test_a_server_slow_to_answer_at_first_never_leaves_the_lock_to_a_connection_it_would_keep(
    postgres: Databases,
) -> None:
    url = postgres("migrated")
    async with Wire(url) as wire:
        process = Process(wire.url)
        async with process.running():
            wire.stops_at = b"pg_try_advisory_lock"  # its store is open, and the lock was not asked for yet
            await until(lambda: not wire.flows.is_set())
            await asyncio.sleep(2.5)  # longer than an answer may take
            wire.flows.set()
            await until(lambda: process.told == ["waits", "begun"])
            assert await rows(url, HOLDERS) == [("chainrule alone",)]


async def test_a_server_that_falls_silent_ends_the_work_within_three_seconds(postgres: Databases) -> None:
    url = postgres("migrated")
    async with Wire(url) as wire:
        process, other = Process(wire.url), Process(url)
        async with contextlib.AsyncExitStack() as later:
            async with process.running():
                await until(lambda: process.told == ["begun"])
                await later.enter_async_context(other.running())
                await until(lambda: other.told == ["waits"])
                wire.flows.clear()
                silent = time.monotonic()
                await until(lambda: process.told == ["begun", "ended"], 5)
                assert time.monotonic() - silent < 3.5
                await asyncio.sleep(1.5)
                assert (process.told, other.told) == (["begun", "ended"], ["waits"]), "the server has heard nothing yet"
            wire.flows.set()  # and now it hears that the connection was closed
            await until(lambda: other.told == ["waits", "begun"])


@asynccontextmanager
async def another(*words: str) -> AsyncIterator[asyncio.subprocess.Process]:
    command = (sys.executable, "-m", "tests.store.child", *words)
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    try:
        yield process
    finally:
        process.kill()
        await process.wait()


async def test_a_process_that_stands_still_is_followed_by_another_and_notices_when_it_goes_on(
    postgres: Databases,
) -> None:
    url = postgres("migrated")
    other = Process(url)
    async with another("hold", url, "2") as frozen:
        assert frozen.stdout is not None
        assert await frozen.stdout.readline() == b"stroke\n"
        async with other.running():
            await until(lambda: other.told == ["waits"])
            await asyncio.sleep(3)
            assert other.told == ["waits"], "whoever lives keeps it"
            frozen.send_signal(signal.SIGSTOP)
            await until(lambda: other.told == ["waits", "begun"], 6)
            assert b"ended" not in await frozen.stdout.read(1_000_000)
            frozen.send_signal(signal.SIGCONT)
            async with asyncio.timeout(2):
                after = await frozen.stdout.readuntil(b"ended\n")
            assert after.count(b"stroke") <= 2, "at once"
            await asyncio.sleep(1.5)
            assert other.told == ["waits", "begun"]


async def test_what_was_said_before_one_stood_still_counts_no_more(
    postgres: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = postgres("migrated")
    process = Process(url)
    async with process.running():
        await until(lambda: process.told == ["begun"])
        monkeypatch.setattr("bot.store.alone.FROZEN_SECONDS", 0)  # every answer is read too late
        await until(lambda: process.told == ["begun", "ended", "waits"])


async def test_a_server_process_that_hangs_takes_nobody_down_with_it(postgres: Databases) -> None:
    url = postgres("migrated")
    async with another("hold", url, str(FROZEN_SECONDS)) as holder:
        assert holder.stdout is not None
        assert await holder.stdout.readline() == b"stroke\n"
        (server,) = await rows(url, HOLDING)
        os.kill(server.pid, signal.SIGSTOP)
        try:
            await asyncio.sleep(LOOK_SECONDS + ANSWER_SECONDS + 2)
        finally:
            os.kill(server.pid, signal.SIGCONT)
        assert holder.returncode is None


def test_whoever_lives_asks_often_enough_to_keep_it() -> None:
    assert 3 * (LOOK_SECONDS + ANSWER_SECONDS) < FROZEN_SECONDS


async def test_a_process_that_stands_still_within_a_transaction_keeps_nobody_waiting_for_long(
    postgres: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.store.engine.FROZEN_SECONDS", 1)
    url = postgres("migrated")
    frozen, other = await open_store(url), await open_store(url)

    async def stands_still(until_over: asyncio.Event) -> None:
        async with frozen.begin() as work:
            await work.jobs.prove_with("1")
            held.set()
            await until_over.wait()
            await work.jobs.prove_with("3")

    held, over = asyncio.Event(), asyncio.Event()
    standing = asyncio.create_task(stands_still(over))
    await held.wait()
    async with asyncio.timeout(5):
        async with other.begin() as work:
            await work.jobs.prove_with("2")
    over.set()
    with pytest.raises(StoreUnavailable, match="takes nothing just now"):
        await standing
    async with frozen.read() as work:
        assert await work.jobs.proven_with() == "2"
    await frozen.close()
    await other.close()


async def test_whoever_reads_all_there_is_may_take_their_time(
    postgres: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.store.engine.FROZEN_SECONDS", 1)
    database = database_at(postgres("migrated"))
    async with database.snapshot() as connection:
        assert await connection.scalar(select(1)) == 1
        await asyncio.sleep(1.5)
        assert await connection.scalar(select(1)) == 1
    await database.close()
