"""A run of 200 submissions while everything beneath them fails in turn: everyone gets the right report, once."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import random
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import TypeAlias

import psutil
import pytest

from sandbox.docker_cell import DockerCells
from sandbox.engine_facts import EngineStatus
from sandbox.pool import Cells, Pool
from tests.sandbox.faulty import FaultyCells, Gate, Submission, signal_all, submissions

SUBMISSIONS = 200
AHEAD = 30
"""So many submissions are let in beyond the moment of the next fault, which thus never comes after the last answer."""
PATIENCE_S = 60.0
"""For a process to harm: on a busy machine two cells that were both lost take long to start."""

Fault: TypeAlias = Callable[["Run"], Awaitable[None]]

pytestmark = pytest.mark.skipif(os.getuid() != 0, reason="only root may signal a cell's processes")


class Run:
    """One run: who was answered what, and the means to harm it."""

    def __init__(self, cells: FaultyCells, draw: random.Random, gate: Gate | None) -> None:
        self.cells = cells
        self.draw = draw
        self.gate = gate
        self.answered: Counter[int] = Counter()
        self.wrong: list[str] = []
        self.injected: list[str] = []
        self._let_in = 0
        self._may_come = asyncio.Semaphore(0)

    async def submit(self, pool: Pool, number: int, submission: Submission) -> None:
        await self._may_come.acquire()
        report = await pool.run(submission.job)
        self.answered[number] += 1
        if not submission.right(report):
            self.wrong.append(f"{number} {submission.what}: {report}")

    async def harm(self, pool: Pool, faults: list[Fault]) -> None:
        """Each of ``faults`` in turn, while submissions are being answered; the moments are drawn."""
        moments = sorted(self.draw.sample(range(5, SUBMISSIONS - AHEAD), len(faults)))
        for moment, fault in zip(moments, faults, strict=True):
            self.let_in(moment + AHEAD)
            while self.answered.total() < moment:  # noqa: ASYNC110 (a count has no event)
                await asyncio.sleep(0.005)
            await asyncio.sleep(self.draw.uniform(0, 0.03))
            # Nobody is promised anything whose second run is killed as well: that looks like their own doing.
            while any(work.was_doubtful for work in pool._unanswered):  # noqa: ASYNC110 (nor has a doubt)
                await asyncio.sleep(0.005)
            assert self.answered.total() < SUBMISSIONS
            self.injected.append(f"{fault.__name__} after {self.answered.total()}")
            await fault(self)
        self.let_in(SUBMISSIONS)

    def let_in(self, count: int) -> None:
        """Let submissions come until there are so many."""
        while self._let_in < count:
            self._may_come.release()
            self._let_in += 1

    async def kill_own(self) -> None:
        await self._signal(lambda own, learners: own[:1], signal.SIGKILL)

    async def _signal(self, which: Callable[[list, list], list], number: int) -> list:  # type: ignore[type-arg]
        """Signal processes of a running cell; those it reached."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            for tapped in self.draw.sample(self.cells.running, len(self.cells.running)):
                chosen = which(*await asyncio.to_thread(tapped.processes))
                if chosen and signal_all(chosen, number):
                    return chosen
            await asyncio.sleep(0.01)
        raise AssertionError("no process to signal")


async def a_cell_is_killed(run: Run) -> None:
    await run.kill_own()


async def a_child_is_killed(run: Run) -> None:
    # With work waiting, one that is no longer young is running and not parked.
    await run._signal(
        lambda own, learners: [child for child in learners if time.time() > child.create_time() + 0.1], signal.SIGKILL
    )
    await asyncio.sleep(0.15)  # until the pool knows of it


def by_memory(own: list[psutil.Process]) -> list[psutil.Process]:
    """What a cell has beside its leader, the smallest first: the reaper, then the zygote that imported torch."""
    sizes = {}
    for process in own[1:]:
        with contextlib.suppress(psutil.Error):
            sizes[process] = process.memory_info().rss
    return sorted(sizes, key=lambda process: sizes[process])


async def a_zygote_is_killed(run: Run) -> None:
    await run._signal(lambda own, learners: by_memory(own)[-1:], signal.SIGKILL)


async def a_reaper_is_killed(run: Run) -> None:
    await run._signal(lambda own, learners: by_memory(own)[:1], signal.SIGKILL)


async def a_cell_is_stopped_for_a_while(run: Run) -> None:
    stopped = await run._signal(lambda own, learners: own, signal.SIGSTOP)
    await asyncio.sleep(run.draw.uniform(0.2, 1.5))
    signal_all(stopped, signal.SIGCONT)


async def a_stream_is_cut_within_a_frame(run: Run) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not run.cells.running and time.monotonic() < deadline:  # noqa: ASYNC110 (nor has this)
        await asyncio.sleep(0.01)
    run.draw.choice(run.cells.running).cut_at = lambda length: run.draw.randrange(1, length)


async def a_new_cell_fails_its_canary(run: Run) -> None:
    run.cells.spoiled_starts += 1
    await run.kill_own()


async def the_disk_is_too_full_for_a_start(run: Run) -> None:
    run.cells.refused_starts += 2
    await run.kill_own()


async def the_judge_is_blocked(run: Run) -> None:
    time.sleep(run.draw.uniform(1.0, 2.0))  # noqa: ASYNC251 (that is the fault)


async def the_engine_restarts(run: Run) -> None:
    assert run.gate is not None
    await run.gate.close()
    await asyncio.sleep(run.draw.uniform(0.5, 2.0))
    await run.gate.open()


FAULTS: list[tuple[Fault, int]] = [
    (a_cell_is_killed, 2),
    (a_child_is_killed, 5),
    (a_zygote_is_killed, 2),
    (a_reaper_is_killed, 1),
    (a_cell_is_stopped_for_a_while, 2),
    (a_stream_is_cut_within_a_frame, 2),
    (a_new_cell_fails_its_canary, 1),
    (the_disk_is_too_full_for_a_start, 1),
    (the_judge_is_blocked, 2),
]


@pytest.fixture
async def gate(cells: Cells, tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Gate | None]:
    """The way to the engine, where there is one."""
    engine: EngineStatus | None = request.getfixturevalue("engine") if cells.kind == "docker" else None
    if engine is None or not engine.host.startswith("unix://"):
        yield None
        return
    gate = Gate(tmp_path / "engine.sock", engine.host)
    await gate.open()
    yield gate
    await gate.close()


def _log_on_a_full_disk(status: str) -> None:
    raise OSError(errno.ENOSPC, f"No space left on device: {status}")


async def test_two_hundred_submissions_among_faults_all_get_the_right_report_once(
    cells: Cells, gate: Gate | None
) -> None:
    seed = int(os.environ.get("CHAINRULE_FAULT_SEED") or random.SystemRandom().randrange(10**6))
    draw = random.Random(seed)
    if gate:
        assert isinstance(cells, DockerCells)
        cells = DockerCells(f"unix://{gate.place}", cells.image)
    faults = [fault for fault, times in FAULTS for _ in range(times)] + [the_engine_restarts] * (gate is not None)
    draw.shuffle(faults)
    run = Run(FaultyCells(cells), draw, gate)
    try:
        async with Pool(run.cells, 2, _log_on_a_full_disk) as pool, asyncio.TaskGroup() as tasks:
            for number, submission in enumerate(submissions(SUBMISSIONS, draw)):
                tasks.create_task(run.submit(pool, number, submission))
            tasks.create_task(run.harm(pool, faults))
    finally:
        print(f"CHAINRULE_FAULT_SEED={seed} draws these: {'; '.join(run.injected)}")
        print(f"{len(run.cells.started)} cells, {run.answered.total()} answers, {len(run.wrong)} wrong")
    assert not run.wrong
    assert run.answered == Counter(range(SUBMISSIONS))
    assert len(run.injected) == len(faults)
