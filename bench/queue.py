"""What the queue adds and what it can carry: judges whose cells are simulated, on a real PostgreSQL of this machine."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import random
import statistics
import sys
import time
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from pathlib import Path

import psycopg
from procrastinate import PsycopgConnector
from procrastinate.manager import JobManager

from bench.postgres import a_postgres
from bench.queue_judge import CELL_S, RIGHT, SECRET, SimulatedCell, now
from bot.core.questions import CodeTask, Level, Question
from bot.core.records import Community, Posting
from bot.queueing import Lane
from bot.store import SqlStore, open_store
from bot.usecases.banks import Banks
from bot.wiring import seeds

JUDGES = (1, 2, 4)
OF_EACH_JUDGE = 500
ARRIVALS, PER_SECOND = 300, 10
DEEP, FETCHES, DEFERS, AT_ONCE = 100_000, 500, 4_000, 16
ROOT = Path(__file__).parents[1]
_QUESTION = Question(
    id="bench",
    title="A question to be answered often",
    level=Level.MEDIUM,
    topics=("leaf",),
    prompt="Write it.",
    task=CodeTask("it", "def it(x):\n    ...\n", "", "def it(x):\n    return x\n"),
    wrong_answers=(),
    hints=(),
    explanation="It is.",
)
_FILL = """
    INSERT INTO procrastinate_jobs (queue_name, task_name, queueing_lock, args)
    SELECT 'answers', 'judge', 'judge:' || number, jsonb_build_object('number', number)
    FROM generate_series(1000001, 1000000 + {count}) AS number
"""

Tell = Callable[[str], None]


async def measure(tell: Tell) -> Mapping[str, float]:
    """Every figure on the queue; nothing where PostgreSQL is not installed."""
    async with a_postgres(tell) as url:
        if not url:
            return {}
        store = await open_store(url)
        try:
            answers = Answers(store, await _opened(store))
            figures = {}
            for count in JUDGES:
                tell(f"{count} judges: {OF_EACH_JUDGE} answers for each")
                figures[f"queue_{count}_judges_per_s"] = await _throughput(answers, url, count)
            tell(f"{ARRIVALS} answers, {PER_SECOND} a second, one judge")
            figures |= await _overhead(answers, url)
            tell("a bot that is connected")
            figures["queue_bot_rss_mb"] = await _memory(url)
            tell(f"{DEEP} answers waiting: {FETCHES} taken, {DEFERS} more put behind them")
            figures |= await _deep(store, url)
        finally:
            await store.close()
    one = figures["queue_1_judges_per_s"]
    return figures | {f"queue_{count}_judges_to_one": figures[f"queue_{count}_judges_per_s"] / one for count in JUDGES}


async def _opened(store: SqlStore) -> tuple[Community, Posting]:
    """A posting that is open, and has all its trials."""
    seed = seeds(SECRET)
    async with store.begin() as work:
        community = await work.communities.community("bench", "large", "A large one")
        schedule = await work.communities.schedule(community, "general", "UTC")
        version = await work.questions.add_version(_QUESTION, "digest", 1)
        assert version is not None
        posting, _ = await work.postings.claim(schedule, now().date(), version, now())
    await Banks(store, SimulatedCell(), now, seed).fill()
    return community, posting


class Answers:
    """Answers as they are stored by a bot, each of another learner; half of them right."""

    def __init__(self, store: SqlStore, opened: tuple[Community, Posting]) -> None:
        self._store = store
        self._community, self._posting = opened
        self._numbers = itertools.count()

    async def stored(self, count: int) -> tuple[Mapping[int, None], float]:
        """Store so many, all of which can be taken from one moment on: their numbers, and that moment."""
        async with self._store.begin() as work:
            numbers: dict[int, None] = {}
            for number in itertools.islice(self._numbers, count):
                name = f"learner {number}"
                learner = await work.communities.learner(self._community, name, name)
                text = RIGHT if number % 2 else "wrong"
                answer = await work.submissions.add(self._posting, learner, f"event {number}", text, now())
                assert answer is not None
                await work.jobs.judge(answer.id)
                numbers[answer.id] = None
        return numbers, time.monotonic()


class Judges:
    """Processes that judge."""

    def __init__(self, processes: Sequence[Process]) -> None:
        self._processes = processes
        self._said: asyncio.Queue[str] = asyncio.Queue()
        self._reading = [asyncio.create_task(self._read(process)) for process in processes]

    async def _read(self, process: Process) -> None:
        assert process.stdout
        while line := await process.stdout.readline():
            self._said.put_nowait(line.decode())
        raise RuntimeError("a judge ended")

    async def ready(self) -> None:
        """Wait until all are."""
        for _ in self._processes:
            assert (await self._next()).strip() == "ready"

    async def judged(self, numbers: Mapping[int, object]) -> Mapping[int, float]:
        """When the verdicts on these answers were committed."""
        at: dict[int, float] = {}
        while len(at) < len(numbers):
            number, _, moment = (await self._next()).partition(" ")
            at[int(number)] = float(moment)
        assert at.keys() == numbers.keys()
        return at

    async def _next(self) -> str:
        async with asyncio.timeout(60):
            return await self._said.get()

    async def close(self) -> None:
        for reading in self._reading:
            reading.cancel()
        for process in self._processes:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
        await asyncio.gather(*(process.wait() for process in self._processes))


@contextlib.asynccontextmanager
async def _judges(url: str, count: int) -> AsyncIterator[Judges]:
    command = (sys.executable, "-m", "bench.queue_judge", url)
    judges = Judges([await asyncio.create_subprocess_exec(*command, stdout=PIPE, cwd=ROOT) for _ in range(count)])
    try:
        await judges.ready()
        yield judges
    finally:
        await judges.close()


async def _throughput(answers: Answers, url: str, count: int) -> float:
    async with _judges(url, count) as judges:
        for many in (20 * count, OF_EACH_JUDGE * count):  # the first few find everything cold
            numbers, began = await answers.stored(many)
            at = await judges.judged(numbers)
    return len(numbers) / (max(at.values()) - began)


async def _overhead(answers: Answers, url: str) -> Mapping[str, float]:
    """From the commit that stores an answer to that of its verdict, less what the cell took."""
    stored: dict[int, float] = {}

    async def comes() -> None:
        numbers, began = await answers.stored(1)
        stored.update(dict.fromkeys(numbers, began))

    async with _judges(url, 1) as judges:
        draw, coming = random.Random(5), []
        for _ in range(ARRIVALS):
            coming.append(asyncio.create_task(comes()))
            await asyncio.sleep(draw.expovariate(PER_SECOND))
        await asyncio.gather(*coming)
        at = await judges.judged(stored)
    return _spread("queue_overhead", [at[number] - began - CELL_S for number, began in stored.items()])


def _spread(name: str, times: Sequence[float]) -> Mapping[str, float]:
    hundredths = statistics.quantiles(times, n=100)
    return {f"{name}_p50_ms": 1000 * hundredths[49], f"{name}_p99_ms": 1000 * hundredths[98]}


async def _memory(url: str) -> float:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.bot_memory", url, stdout=PIPE, stderr=DEVNULL, cwd=ROOT, env={**os.environ}
    )
    told, _ = await process.communicate()
    return float(told)


async def _deep(store: SqlStore, url: str) -> Mapping[str, float]:
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        await connection.execute(_FILL.format(count=DEEP))
        await connection.execute("ANALYZE procrastinate_jobs")
    numbers = iter(range(2_000_000, 2_000_000 + DEFERS))
    began = time.monotonic()
    await asyncio.gather(*(_defers(store, numbers) for _ in range(AT_ONCE)))
    per_second = DEFERS / (time.monotonic() - began)
    turns = [await _timed(lambda: _turn(store)) for _ in range(FETCHES)]
    connector = PsycopgConnector(conninfo=url, min_size=1, max_size=1)
    await connector.open_async()
    try:
        manager = JobManager(connector)
        worker = await manager.register_worker()
        times = [await _timed(lambda: manager.fetch_job([Lane.ANSWERS.value], worker)) for _ in range(FETCHES)]
    finally:
        await connector.close_async()
    return {**_spread("queue_fetch", times), **_spread("queue_turn", turns), "queue_defer_per_s": per_second}


async def _defers(store: SqlStore, numbers: Iterator[int]) -> None:
    for number in numbers:
        async with store.begin() as work:
            await work.jobs.judge(number)


async def _turn(store: SqlStore) -> object:
    """What whoever answers is told of the queue."""
    async with store.read() as work:
        return await work.jobs.ahead(), await work.jobs.has_judge()


async def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    assert await work() is not None  # type: ignore[misc]
    return time.perf_counter() - began
