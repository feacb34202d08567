"""The pool under faults: nobody is blamed for a lost cell, and nothing is left behind."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import psutil
import pytest

from sandbox.cell_client import Streams
from sandbox.local_cell import LocalCells, LocalStreams
from sandbox.pool import Pool
from sandbox.protocol import Ending, SandboxFault
from sandbox.slots import Slot, lease
from tests.sandbox.jobs import SQUARE, answer, floats

RIGHT = ({"result": floats(4.0, 6.0)},)


class Watched:
    """Local cells whose processes a test can find."""

    kind = "local"

    def __init__(self, python: Path) -> None:
        self.cells = LocalCells(python)
        self.started: list[LocalStreams] = []

    async def start(self, slot: Slot) -> LocalStreams:
        streams = await self.cells.start(slot)
        self.started.append(streams)
        return streams

    def leaders(self) -> list[psutil.Process]:
        keepers = [psutil.Process(streams.pid) for streams in self.started if psutil.pid_exists(streams.pid)]
        return [child for keeper in keepers for child in keeper.children()]


@pytest.fixture
def watched(sandbox_python: Path) -> Watched:
    return Watched(sandbox_python)


async def test_a_cell_killed_mid_run_costs_the_learner_nothing(watched: Watched) -> None:
    slow = "import time\ndef f(x):\n    time.sleep(1)\n    return x"
    async with Pool(watched, 1) as pool:
        await pool.run(answer(SQUARE, entry="gradient"))
        running = asyncio.create_task(pool.run(answer(slow)))
        await asyncio.sleep(0.5)
        for leader in watched.leaders():
            leader.kill()
        assert (await running).trials == ({"result": floats(2.0, 3.0)},)
    assert len(watched.started) == 2


async def test_a_cell_killed_while_idle_is_replaced_unseen(watched: Watched) -> None:
    async with Pool(watched, 1) as pool:
        await pool.run(answer(SQUARE, entry="gradient"))
        for leader in watched.leaders():
            leader.kill()
        assert (await pool.run(answer(SQUARE, entry="gradient"))).trials == RIGHT


async def test_cells_that_all_died_idle_are_not_held_against_the_next_answer(watched: Watched) -> None:
    async with Pool(watched, 2) as pool:
        async with asyncio.timeout(30):
            while len(watched.leaders()) < 2:  # noqa: ASYNC110 (processes have no event)
                await asyncio.sleep(0.1)
        await asyncio.gather(*(pool.run(answer(SQUARE, entry="gradient")) for _ in range(8)))
        for leader in watched.leaders():
            leader.kill()
        assert (await pool.run(answer(SQUARE, entry="gradient"))).trials == RIGHT


class Doomed:
    """Cells that pass their canaries and die of every other job, which is what a killer submission looks like."""

    kind = "local"

    def __init__(self, watched: Watched) -> None:
        self.watched = watched

    async def start(self, slot: Slot) -> LocalStreams:
        streams = await self.watched.start(slot)
        write = streams.write

        def fatal(data: bytes) -> None:
            write(data)
            if b"doomed" in data:
                psutil.Process(streams.pid).kill()

        streams.write = fatal  # type: ignore[method-assign]
        return streams


async def test_a_job_that_ends_two_cells_is_told_so_and_the_next_one_is_served(watched: Watched) -> None:
    async with Pool(Doomed(watched), 1) as pool:
        assert (await pool.run(answer("doomed = 1"))).ending is Ending.LOST_CELLS
        assert (await pool.run(answer(SQUARE, entry="gradient"))).trials == RIGHT


async def test_closing_and_giving_up_at_the_same_moment_ends_everything(watched: Watched) -> None:
    async with asyncio.timeout(40):
        async with Pool(watched, 1) as pool:
            await pool.run(answer(SQUARE, entry="gradient"))
            running = asyncio.create_task(pool.run(answer("while True: pass", wall_ms=60_000)))
            await asyncio.sleep(0.5)
            running.cancel()
    assert all(not psutil.pid_exists(streams.pid) for streams in watched.started)


def _abstract_sockets() -> set[str]:
    return {found.laddr for found in psutil.Process().net_connections("unix") if found.laddr}


async def test_a_used_up_cell_is_replaced_while_it_goes_on_serving(watched: Watched) -> None:
    async with Pool(watched, 1, jobs_per_cell=5) as pool:
        for number in range(60):
            report = await pool.run(answer(f"def f(x): return x * {number}"))
            assert report.trials[0]["result"] == floats(2.0 * number, 3.0 * number)
            await asyncio.sleep(0.1)
        assert len(watched.started) > 1
        assert len(watched.leaders()) <= 2


class HeldUp:
    """Cells of which the first two start, and each later one only when the test says so."""

    def __init__(self, cells: Watched) -> None:
        self._cells = cells
        self.starts = 0
        self.goes_on = asyncio.Event()

    @property
    def kind(self) -> str:
        return self._cells.kind

    async def start(self, slot: Slot) -> Streams:
        self.starts += 1
        if self.starts > 2:
            await self.goes_on.wait()
        return await self._cells.start(slot)


async def test_of_cells_that_wear_out_together_one_at_a_time_gets_a_successor(watched: Watched) -> None:
    cells = HeldUp(watched)
    async with Pool(cells, 2, jobs_per_cell=5) as pool:
        reports = await asyncio.gather(*(pool.run(answer(SQUARE, entry="gradient")) for _ in range(30)))
        assert all(report.trials == RIGHT for report in reports)
        assert cells.starts == 3
        cells.goes_on.set()
        async with asyncio.timeout(60):
            while cells.starts < 4:
                assert (await pool.run(answer(SQUARE, entry="gradient"))).trials == RIGHT


async def test_closing_the_pool_leaves_no_process_and_gives_every_slot_back(watched: Watched) -> None:
    before = _abstract_sockets()
    async with Pool(watched, 2) as pool:
        running = asyncio.create_task(pool.run(answer("while True: pass", wall_ms=60_000)))
        async with asyncio.timeout(30):
            while len(seen := watched.leaders()) < 2:  # noqa: ASYNC110 (processes have no event)
                await asyncio.sleep(0.1)
        assert len(_abstract_sockets()) == len(before) + 2
    with pytest.raises(SandboxFault):
        await running
    assert psutil.wait_procs(seen, timeout=10)[1] == []
    assert _abstract_sockets() == before


async def test_a_cell_dies_with_its_judge(watched: Watched) -> None:
    slot = lease("local")
    streams = await watched.start(slot)
    await streams.reader.read(1)
    (leader,) = watched.leaders()
    os.kill(streams.pid, signal.SIGKILL)
    assert psutil.wait_procs([leader], timeout=10)[1] == []
    await streams.kill()
    slot.release()


async def test_without_any_cell_waiting_jobs_are_told_why(tmp_path: Path) -> None:
    async with Pool(LocalCells(tmp_path / "no-python"), 1) as pool:
        with pytest.raises(SandboxFault, match="no-python"):
            await pool.run(answer(SQUARE))


async def test_a_python_without_torch_is_named_in_the_fault(tmp_path: Path) -> None:
    async with Pool(LocalCells(Path("/usr/bin/python3")), 1) as pool:
        with pytest.raises(SandboxFault, match="torch"):
            await pool.run(answer(SQUARE))
