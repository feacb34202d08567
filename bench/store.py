"""What the database takes, on either kind: a place among many, a verdict recorded, schedules that are due."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import random
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import select

from bench.postgres import a_postgres
from bench.store_filling import DUE, NOW, Filled, boards, fill
from bot.core.records import Case
from bot.core.verdicts import Outcome, Verdict
from bot.judging.child_process import ChildProcessJudge
from bot.sealing import SecretSeal
from bot.settings import load
from bot.store import SqlStore, open_store
from bot.store.engine import database_at
from bot.store.rows import schedule_in
from bot.store.tables import schedule
from bot.usecases.banks import Banks
from bot.usecases.judging import record
from bot.usecases.parts import Parts
from bot.wiring import sandbox_config, seeds

PLACES, VERDICTS, LOOKS = 1_000, 4_000, 200
AT_ONCE = 16
SECRET = b"of the bench"

Tell = Callable[[str], None]


async def measure(tell: Tell) -> Mapping[str, float]:
    """Every figure on the store; those of PostgreSQL where it is installed."""
    figures: dict[str, float] = {}
    for name, opened in {"sqlite": _sqlite, "postgres": a_postgres}.items():
        async with opened(tell) as url:
            if url:
                figures |= {f"{name}_{figure}": value for figure, value in (await _on(url, name, tell)).items()}
    return figures


@contextlib.asynccontextmanager
async def _sqlite(_tell: Tell) -> AsyncIterator[str]:
    with tempfile.TemporaryDirectory(prefix="chainrule-bench-") as folder:
        yield f"sqlite:///{folder}/chainrule.db"


async def _on(url: str, name: str, tell: Tell) -> Mapping[str, float]:
    store = await open_store(url)
    try:
        tell(f"{name}: writing a million awards of a hundred thousand learners")
        filled = await fill(store, url)
        gc.collect()
        gc.freeze()  # a hundred thousand learners would be looked at again and again
        tell(f"{name}: {PLACES} boards with one's own place, {VERDICTS} verdicts, {LOOKS} looks for what is due")
        return {
            **_spread("place", await _places(store, filled)),
            "verdicts_per_s": await _verdicts(store, filled),
            **_spread("due", await _due(url)),
        }
    finally:
        await store.close()


def _spread(name: str, times: Sequence[float]) -> Mapping[str, float]:
    hundredths = statistics.quantiles(times, n=100)
    return {f"{name}_p50_ms": 1000 * hundredths[49], f"{name}_p99_ms": 1000 * hundredths[98]}


async def _timed(work: Awaitable[Any]) -> float:
    began = time.perf_counter()
    await work
    return time.perf_counter() - began


async def _places(store: SqlStore, filled: Filled) -> Sequence[float]:
    """Of learners wherever they stand; the first few find the database cold, and are not counted."""
    chance = random.Random(2)

    async def look(number: int) -> None:
        window, key = boards()[number % 2]
        async with store.read() as work:
            top = await work.competition.board(filled.community, window, key, 10)
            own = await work.competition.place(chance.choice(filled.learners), window, key)
        assert len(top) == 10
        assert own is not None

    return [await _timed(look(number)) for number in range(PLACES + 20)][20:]


async def _verdicts(store: SqlStore, filled: Filled) -> float:
    """Accepted answers to one posting, as many at once as come on a busy minute; each earns points."""
    parts = _parts(store)
    cases = []
    for start in range(0, VERDICTS, 100):
        async with store.begin() as work:
            for learner in filled.learners[start : start + 100]:
                stored = await work.submissions.add(filled.posting, learner, f"event {learner.id}", "1", NOW)
                assert stored is not None
                cases.append(Case(stored, filled.posting, learner, filled.community))
    waiting = iter(cases)
    right = Verdict(Outcome.ACCEPTED, "Right.", 1, 1)

    async def work_off() -> None:
        for case in waiting:
            assert await record(parts, case, right)

    return VERDICTS / await _timed(asyncio.gather(*(work_off() for _ in range(AT_ONCE))))


def _parts(store: SqlStore) -> Parts:
    judge = ChildProcessJudge(sandbox_config(load()).dump(), lambda _text: None, Path(os.devnull))  # never started
    seed = seeds(SECRET)
    return Parts(store, judge, lambda: NOW, Banks(store, judge, lambda: NOW, seed), seed, SecretSeal(SECRET))


async def _due(url: str) -> Sequence[float]:
    query = select(schedule).where(schedule.c.next_at <= NOW).order_by(schedule.c.next_at).limit(2 * DUE)
    database = database_at(url)

    async def look() -> None:
        async with database.reading() as connection:
            assert len(list(map(schedule_in, (await connection.execute(query)).mappings()))) == DUE

    try:
        return [await _timed(look()) for _ in range(LOOKS)]
    finally:
        await database.close()
