"""Jobs are taken and ended whatever the database does meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import psycopg
import pytest
from procrastinate import PsycopgConnector
from procrastinate.exceptions import ConnectorException
from psycopg_pool import AsyncConnectionPool
from sqlalchemy import make_url
from structlog.testing import capture_logs

from bot.ports import StoreUnavailable
from bot.queueing import ANSWER, JUDGE, Lane, Urgency
from bot.store import SqlStore
from bot.store.working import Workers
from tests.databases import PostgresServer
from tests.store.queueing.conftest import until
from tests.store.scene import change, rows

DRAIN_S = 1.0
_GONE = """
    ALTER DATABASE migrated WITH ALLOW_CONNECTIONS false;
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'migrated'
"""
_BACK = "ALTER DATABASE migrated WITH ALLOW_CONNECTIONS true"


@asynccontextmanager
async def away(server: PostgresServer) -> AsyncIterator[None]:
    """The database ends all connections and takes none, as when it is started again."""
    await asyncio.to_thread(server.psql, _GONE)
    try:
        yield
    finally:
        await asyncio.to_thread(server.psql, _BACK)


class Lanes:
    """A worker for both lanes, which is at work; ``free`` lets jobs end."""

    working: asyncio.Task[None]

    def __init__(self, url: str, store: SqlStore) -> None:
        self.store = store
        self.free = asyncio.Event()
        self.free.set()
        self.begun: list[int] = []
        self.done: list[int] = []
        self.workers = Workers(url, {JUDGE: self._perform, ANSWER: self._perform}, drain_s=DRAIN_S)

    async def _perform(self, number: int) -> None:
        self.begun.append(number)
        await self.free.wait()
        self.done.append(number)

    async def work(self) -> None:
        await self.workers.work({Lane.ANSWERS: 2, Lane.QUESTIONS: 1})

    async def put(self, number: int) -> int:
        """An answer with this number, and a question; its number."""
        async with self.store.begin() as work:
            await work.jobs.judge(number)
            return await work.jobs.ask(b"asked", Lane.QUESTIONS, Urgency.LIVE, datetime.now(UTC))


@pytest.fixture
async def lanes(queue_url: str, store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Lanes]:
    monkeypatch.setattr("bot.store.working.HEARTBEAT_SECONDS", 0.2)
    lanes = Lanes(queue_url, store)
    async with lanes.workers:
        lanes.working = asyncio.create_task(lanes.work())
        yield lanes
        lanes.working.cancel()
        await asyncio.gather(lanes.working, return_exceptions=True)


async def test_every_lane_goes_on_after_the_database_was_away(
    lanes: Lanes, queue_url: str, postgres_server: PostgresServer
) -> None:
    for number in (7_001, 7_002):
        question = await lanes.put(number)

        async def done(*numbers: int) -> bool:
            return set(numbers) <= set(lanes.done)

        await until(lambda numbers=(number, question): done(*numbers), 20)  # type: ignore[misc]
        async with away(postgres_server):
            await asyncio.sleep(1.5)
        with pytest.raises(StoreUnavailable, match=r"terminating connection|closed|lost"):
            await lanes.put(0)  # the store finds out, too

    async def listening_and_alive() -> bool:
        heard = await rows(queue_url, "SELECT 1 FROM pg_stat_activity WHERE query LIKE 'LISTEN \"procrastinate%'")
        seen = await rows(
            queue_url, "SELECT 1 FROM procrastinate_workers WHERE last_heartbeat > now() - interval '1 second'"
        )
        return len(heard) == len(seen) == 2

    await until(listening_and_alive, 20)
    assert not lanes.working.done()


async def test_what_became_of_a_job_is_recorded_when_the_database_is_back(
    lanes: Lanes, queue_url: str, postgres_server: PostgresServer
) -> None:
    lanes.free.clear()
    question = await lanes.put(7_001)

    async def begun() -> bool:
        return {7_001, question} <= set(lanes.begun)

    await until(begun)
    async with away(postgres_server):
        lanes.free.set()
        await asyncio.sleep(0.5)
        assert set(lanes.done) == {7_001, question}

    async def none_left() -> bool:
        return not await rows(queue_url, "SELECT id FROM procrastinate_jobs")

    await until(none_left, 20)
    assert sorted(lanes.done) == sorted({7_001, question}), "neither was done again"


async def test_a_server_that_is_only_read_for_a_moment_is_waited_for_as_one_that_is_away(
    lanes: Lanes, queue_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fault = ConnectorException()
    fault.__cause__ = psycopg.errors.ReadOnlySqlTransaction("cannot execute UPDATE in a read-only transaction")
    asked, faults = PsycopgConnector.execute_query_async, [fault, fault]

    async def refused_at_first(self: PsycopgConnector, query: str, **arguments: object) -> None:
        if faults:
            raise faults.pop()
        await asked(self, query, **arguments)

    monkeypatch.setattr(PsycopgConnector, "execute_query_async", refused_at_first)
    await lanes.put(7_001)

    async def none_left() -> bool:
        return not await rows(queue_url, "SELECT id FROM procrastinate_jobs")

    await until(none_left, 20)
    assert not faults
    assert lanes.begun.count(7_001) == 1


async def test_a_judge_told_to_stop_while_the_database_is_away_ends(
    lanes: Lanes, postgres_server: PostgresServer
) -> None:
    lanes.free.clear()
    question = await lanes.put(7_001)

    async def begun() -> bool:
        return {7_001, question} <= set(lanes.begun)

    await until(begun)
    async with away(postgres_server):
        lanes.working.cancel()
        async with asyncio.timeout(15 * DRAIN_S):
            await asyncio.gather(lanes.working, return_exceptions=True)
    assert lanes.working.cancelled()


async def test_a_judge_that_others_took_for_dead_is_one_again(
    lanes: Lanes, queue_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.store.working.SWEEP_SECONDS", 0.1)

    async def registered() -> bool:
        return len(await rows(queue_url, "SELECT id FROM procrastinate_workers")) == 2

    await until(registered)
    sweeping = asyncio.create_task(lanes.workers.sweep_forever())
    await change(queue_url, "DELETE FROM procrastinate_workers RETURNING id")
    await until(registered)
    async with lanes.store.read() as work:
        assert await work.jobs.has_judge()
    question = await lanes.put(7_001)

    async def done() -> bool:
        return {7_001, question} <= set(lanes.done)

    await until(done)
    sweeping.cancel()
    await asyncio.gather(sweeping, return_exceptions=True)


async def test_a_worker_whose_database_is_not_there_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    wait = AsyncConnectionPool.wait
    monkeypatch.setattr(AsyncConnectionPool, "wait", lambda pool, timeout: wait(pool, 0.5))
    with pytest.raises(StoreUnavailable, match=r"The database here on 127\.0\.0\.1 does not answer"):
        async with Workers("postgresql://127.0.0.1:1/here", {}):
            pass


async def test_why_the_queue_cannot_be_read_is_told(queue_url: str) -> None:
    hurried = make_url(queue_url).update_query_dict({"options": "-c statement_timeout=200"})
    with capture_logs() as logs:
        async with (
            await psycopg.AsyncConnection.connect(queue_url) as other,
            Workers(hurried.render_as_string(hide_password=False), {}) as workers,
        ):
            await other.execute("LOCK TABLE procrastinate_workers IN ACCESS EXCLUSIVE MODE")
            working = asyncio.create_task(workers.work({Lane.QUESTIONS: 1}))

            async def told() -> bool:
                return bool(logs)

            await until(told)
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)
    assert logs[0]["reason"] == "canceling statement due to statement timeout"


async def test_a_judge_gives_signs_of_life_as_long_as_it_lives(
    lanes: Lanes, queue_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.store.working.SWEEP_SECONDS", 0.1)
    lanes.free.clear()
    await lanes.put(7_001)

    async def begun() -> bool:
        return 7_001 in lanes.begun

    await until(begun)
    lanes.workers.stop()  # which ends its own, while what is under way goes on
    await asyncio.sleep(0.3)
    await change(
        queue_url,
        "UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 hour' RETURNING id",
    )
    sweeping = asyncio.create_task(lanes.workers.sweep_forever())
    await asyncio.sleep(0.5)
    sweeping.cancel()
    async with lanes.store.read() as work:
        assert await work.jobs.has_judge()
    statuses = await rows(queue_url, "SELECT status::text FROM procrastinate_jobs")
    assert [each.status for each in statuses] == ["doing", "doing"], "neither is begun once more"
    lanes.free.set()
    await lanes.working


async def test_a_fault_while_sweeping_is_told_and_the_next_time_comes(
    lanes: Lanes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.store.working.SWEEP_SECONDS", 0.05)
    faults = [KeyError("a job that cannot be read")]
    swept = asyncio.Event()

    async def sweep() -> None:
        if faults:
            raise faults.pop()
        swept.set()

    monkeypatch.setattr(lanes.workers, "sweep", sweep)
    with capture_logs() as logs:
        sweeping = asyncio.create_task(lanes.workers.sweep_forever())
        async with asyncio.timeout(5):
            await swept.wait()
        sweeping.cancel()
    assert [each["event"] for each in logs] == ["the queue cannot be swept; trying again soon"]


async def test_a_job_that_others_ended_meanwhile_is_no_fault(lanes: Lanes, queue_url: str) -> None:
    lanes.free.clear()
    question = await lanes.put(7_001)

    async def begun() -> bool:
        return {7_001, question} <= set(lanes.begun)

    await until(begun)
    ended = await change(queue_url, "DELETE FROM procrastinate_jobs RETURNING id")
    with capture_logs() as logs:
        lanes.free.set()

        async def told() -> bool:
            return len(logs) == 2

        await until(told)
    assert {(each["event"], each["log_level"]) for each in logs} == {("a job had ended already", "info")}
    assert {each["job"] for each in logs} == {each.id for each in ended}


async def test_a_judge_that_died_before_the_servers_clock_was_set_back_is_found_out_all_the_same(
    lanes: Lanes, queue_url: str
) -> None:
    ahead = "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() + interval '1 hour') RETURNING id"
    ((dead,),) = await change(queue_url, ahead)
    sweeping = asyncio.create_task(lanes.workers.sweep_forever())

    async def counts_as_of_now() -> bool:
        query = f"SELECT 1 FROM procrastinate_workers WHERE id = {dead} AND last_heartbeat <= now()"
        return bool(await rows(queue_url, query))

    await until(counts_as_of_now)
    sweeping.cancel()
