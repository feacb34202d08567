"""A pool that many share: everyone gets their own answer, whatever the others do to its cells."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from sandbox.pool import Cells, Pool
from sandbox.protocol import Ending
from tests.sandbox.jobs import SQUARE, answer, floats

RIGHT = ({"result": floats(4.0, 6.0)},)

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pool(cells: Cells) -> AsyncIterator[Pool]:
    """One for the module, with both its cells: what a test leaves behind is in the way of the next."""
    told = asyncio.Event()
    async with Pool(cells, 2, lambda _: told.set()) as pool:
        await told.wait()
        yield pool


async def test_many_at_once_all_get_their_own_answer(pool: Pool) -> None:
    sources = [f"def f(x): return x * {number}" for number in range(40)]
    reports = await asyncio.gather(*(pool.run(answer(source)) for source in sources))
    assert [report.trials[0]["result"] for report in reports] == [floats(2.0 * n, 3.0 * n) for n in range(40)]


async def test_a_run_nobody_waits_for_any_more_frees_its_cell(pool: Pool) -> None:
    endless = [asyncio.create_task(pool.run(answer("while True: pass", wall_ms=60_000))) for _ in range(2)]
    await asyncio.sleep(1)
    for task in endless:
        task.cancel()
    async with asyncio.timeout(20):
        assert (await pool.run(answer(SQUARE, entry="gradient"))).trials == RIGHT


async def test_what_uses_a_cell_up_does_not_reach_the_next_one(pool: Pool) -> None:
    bomb = "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass"
    reports = await asyncio.gather(
        pool.run(answer(bomb, wall_ms=500)), *(pool.run(answer(SQUARE, entry="gradient")) for _ in range(10))
    )
    assert reports[0].ending is Ending.TIME_LIMIT
    assert [report.trials for report in reports[1:]] == [RIGHT] * 10
