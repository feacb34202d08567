"""The children that stand parked: two of them, each for one submission, and nobody's loss where one dies."""

from __future__ import annotations

import asyncio
from pathlib import Path

import psutil
import pytest

from sandbox.docker_cell import DockerCells
from sandbox.outcome import Struck
from sandbox.pool import Cells, fresh_cell
from sandbox.protocol import SandboxFault
from tests.sandbox.attacks.weakening import WeakCells, Weakening
from tests.sandbox.jobs import answer, floats
from tests.sandbox.leased import AS_ROOT, LeasedCells, block, children, first_process, processes

SAME = answer("def f(x): return x")
RIGHT = ({"result": floats(2.0, 3.0)},)
USER = answer("import os\ndef f(x): return os.getuid()")
DRAWS = answer(
    "import numpy, random, torch\ndef f(x): return [torch.rand(1).item(), random.random(), float(numpy.random.rand())]"
)
DIES_UNCONFINED = """
import os
from sandbox.cell.confinement import Confinement
confine = Confinement.apply
def apply(self, serial):
    if serial in {serials}:
        {end}
    confine(self, serial)
Confinement.apply = apply
"""


STARTS_LATE = """
import time
from sandbox.cell import system, zygote
fork_sibling, forked = system.fork_sibling, []
def fork_slowly():
    forked.append(len(forked) % 2)  # every other child waits with what it does first, while the next is forked
    time.sleep(0.1)
    pid = fork_sibling()
    if pid == 0:
        time.sleep(0.2 * forked[-1])
    time.sleep(0.1)
    return pid
system.fork_sibling = fork_slowly
"""


class DyingCells(WeakCells):
    """Docker cells of whose children those with certain serial numbers end before they are confined."""

    def __init__(self, cells: DockerCells, serials: str, end: str) -> None:
        super().__init__(cells, ())
        self._weakenings = [Weakening(DIES_UNCONFINED.format(serials=serials, end=end))]


@AS_ROOT
async def test_submissions_go_to_the_parked_children_in_turn_each_with_a_user_of_its_own(cells: Cells) -> None:
    leased = LeasedCells(cells)
    async with fresh_cell(leased) as client:
        seen = []
        for _ in range(4):
            await client.ping()
            users = processes(leased.slots[-1])
            waiting = sorted(users[pid] for pid in children(leased.slots[-1]))
            assert len(waiting) == len(set(waiting)) == 2
            (trial,) = (await client.run(USER)).trials
            await client.settled()
            assert trial["result"] == waiting[0]
            seen.append(waiting[0])
        assert seen == sorted(set(seen))


@AS_ROOT
async def test_no_child_parked_is_missed_whichever_of_them_dies(cells: Cells) -> None:
    leased = LeasedCells(cells)
    async with fresh_cell(leased) as client:
        for which in (slice(0, 1), slice(1, 2), slice(2)):
            await client.ping()
            dying = [psutil.Process(pid) for pid in sorted(children(leased.slots[-1]))[which]]
            for child in dying:
                child.kill()
            _, alive = await asyncio.to_thread(psutil.wait_procs, dying, timeout=10)
            assert not alive
            for _ in range(3):
                assert (await client.run(SAME)).trials == RIGHT
                await client.settled()
        assert not client.worn


@AS_ROOT
async def test_no_child_that_stood_parked_when_a_run_was_killed_gets_the_next(cells: Cells) -> None:
    leased = LeasedCells(cells)
    async with fresh_cell(leased) as client:
        await client.ping()
        before = children(leased.slots[-1])
        with pytest.raises(Struck):
            await client.run(answer("import signal\nsignal.raise_signal(signal.SIGKILL)"))
        await client.ping()
        after = children(leased.slots[-1])
        assert len(before) == len(after) == 2
        assert not set(before) & set(after)


async def test_what_two_children_draw_at_random_differs(cells: Cells) -> None:
    async with fresh_cell(cells) as client:
        drawn = [(await client.run(DRAWS)).trials[0]["result"] for _ in range(4)]
    for stream in zip(*drawn, strict=True):  # type: ignore[arg-type]
        assert len(set(stream)) == 4


def has_torch(process: psutil.Process) -> bool:
    return "libtorch" in Path(f"/proc/{process.pid}/maps").read_text()


def is_the_first_to_go(pid: int) -> bool:
    return Path(f"/proc/{pid}/oom_score_adj").read_text() == "1000\n"


@AS_ROOT
async def test_a_child_that_starts_late_leaves_the_out_of_memory_score_of_the_next_alone(
    docker_cells: DockerCells,
) -> None:
    cells = WeakCells(docker_cells, ())
    cells._weakenings = [Weakening(STARTS_LATE)]
    leased = LeasedCells(cells)
    async with fresh_cell(leased) as client:
        for _ in range(4):
            await client.ping()
            users = block(leased.slots[-1])
            learners = [process for process in psutil.process_iter(["uids"]) if process.info["uids"].real in users]
            leader = learners[0].parent()
            assert leader is not None
            own = {leader, *leader.children()} - {*learners}
            assert [is_the_first_to_go(process.pid) for process in (*learners, *own)] == [True] * 2 + [False] * 3
            await client.run(SAME)


@AS_ROOT
async def test_the_leader_never_imports_torch(cells: Cells) -> None:
    leased = LeasedCells(cells)
    async with fresh_cell(leased):
        leader = first_process(leased.slots[-1])
        assert not has_torch(leader)
        assert any(map(has_torch, leader.children()))


async def test_a_child_killed_before_it_is_confined_is_replaced(docker_cells: DockerCells) -> None:
    cells = DyingCells(docker_cells, "{1, 3, 4, 7}", "os.kill(os.getpid(), 9)")
    async with fresh_cell(cells) as client:
        for _ in range(8):
            assert (await client.run(SAME)).trials == RIGHT
            await client.settled()
        assert not client.worn


@pytest.mark.parametrize(
    ("serials", "end"),
    [
        pytest.param("range(9)", "os.kill(os.getpid(), 9)", id="all are killed"),
        pytest.param("{1}", "raise OSError('no such wall')", id="one step fails"),
    ],
)
async def test_a_cell_whose_children_cannot_be_confined_is_none(
    docker_cells: DockerCells, serials: str, end: str
) -> None:
    cells = DyingCells(docker_cells, serials, end)
    with pytest.raises(SandboxFault, match=r"could not be confined|no such wall"):
        async with asyncio.timeout(60), fresh_cell(cells):
            raise AssertionError("it came up")
