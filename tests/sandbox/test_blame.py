"""What one cell, one judge or the host does to another: nobody is blamed for it, and nothing foreign is killed."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import TypeAlias

import psutil
import pytest
import pytest_asyncio

from sandbox import docker_cell
from sandbox.cell_client import CellClient
from sandbox.docker_cell import DockerCells
from sandbox.local_cell import LocalCells
from sandbox.outcome import Starved
from sandbox.pool import Cells, Pool, start_cell
from sandbox.protocol import Ending
from sandbox.slots import Slot
from tests.sandbox.faulty import FaultyCells, Tapped, signal_all
from tests.sandbox.jobs import SQUARE, answer, floats

ROOT = Path(__file__).resolve().parent.parent.parent
Pair: TypeAlias = tuple[tuple[CellClient, Tapped], tuple[CellClient, Tapped]]
HONEST = answer(SQUARE, entry="gradient")
RIGHT = ({"result": floats(4.0, 6.0)},)
PATIENCE_S = 30.0

FORK_BOMB = "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass"
THREADS = """
import threading

def f(x):
    leave = threading.Event()
    threads = [threading.Thread(target=leave.wait) for _ in range(8)]
    for thread in threads:
        thread.start()
    leave.set()
    return x * len(threads)
"""
BUSY_CHILDREN = "import os\nfor _ in range(8):\n    if os.fork() == 0: break\nwhile True: pass"
MEMORY_OF_CHILDREN = """
import os, mmap
children = []
for _ in range(4):
    child = os.fork()
    if child == 0:
        taken = bytearray(400 << 20)
        os.read(os.pipe()[0], 1)
    children.append(child)
for child in children:
    os.waitpid(child, 0)
"""
NEEDS_CPU = """
import time

def f(x):
    end = time.thread_time() + 0.2
    while time.thread_time() < end: pass
    return x
"""

pytestmark = [
    pytest.mark.skipif(os.getuid() != 0, reason="only root may have users, signal cells, or look into them"),
    pytest.mark.asyncio(loop_scope="module"),
]


@asynccontextmanager
async def open_cell(cells: Cells, slot: Slot | None = None) -> AsyncIterator[tuple[CellClient, Tapped]]:
    """A fresh cell; with ``slot``, one whose users may be another's, too."""
    leased, streams = (slot, await cells.start(slot)) if slot else await start_cell(cells)
    tapped = Tapped(streams, leased)
    client = await CellClient.connect(tapped)
    try:
        yield client, tapped
    finally:
        await client.kill()
        if slot is None:
            leased.release()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pair(cells: Cells) -> AsyncIterator[Pair]:
    """Two cells of a kind; both must be as good as before after each test."""
    async with open_cell(cells) as one, open_cell(cells) as other:
        yield one, other


async def until(what: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not await asyncio.to_thread(what):  # noqa: ASYNC110 (processes have no event)
            await asyncio.sleep(0.02)


async def threads_beside_a_fork_bomb(bombed: CellClient, other: CellClient) -> list[bool]:
    """Whether an honest submission in ``other`` could start its threads, again and again."""
    bomb = asyncio.create_task(bombed.run(answer(FORK_BOMB, wall_ms=2000)))
    await asyncio.sleep(0.5)  # until it has all the processes it can have
    seen = []
    while not bomb.done():
        report = await other.run(answer(THREADS))
        await other.settled()
        seen.append(report.trials == ({"result": floats(16.0, 24.0)},))
    assert (await bomb).ending is Ending.TIME_LIMIT
    return seen


async def test_a_fork_bomb_in_one_cell_leaves_the_threads_of_another_alone(pair: Pair) -> None:
    (bombed, first), (other, second) = pair
    assert not set(first.learners_users) & set(second.learners_users)
    assert all(await threads_beside_a_fork_bomb(bombed, other))


async def test_with_a_user_in_common_the_fork_bomb_would_be_felt(
    docker_cells: DockerCells, slot: Slot, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_cell(docker_cells, slot) as (bombed, _):
        monkeypatch.setattr(docker_cell, "NAME", f"chainrule-cell-{{}}-of-test-{os.getpid()}")
        async with open_cell(docker_cells, slot) as (other, _):
            first, *later = await threads_beside_a_fork_bomb(bombed, other)
    # The first children of two such cells have the same user; those that follow have the bomb's no more.
    assert (first, all(later)) == (False, True)


@contextmanager
def strangers(users: range) -> Iterator[list[psutil.Process]]:
    """Processes of the host's that run as these users."""
    started = [subprocess.Popen(("sleep", "300"), user=user, group=user, extra_groups=()) for user in users]
    try:
        yield [psutil.Process(process.pid) for process in started]
    finally:
        for process in started:
            process.kill()
            process.wait()


async def test_a_reaper_kills_nothing_outside_its_cell_even_of_the_same_user(pair: Pair) -> None:
    slept = answer("import time\ndef f(x):\n    time.sleep(1.5)\n    return x")
    (reaped, tapped), (other, _) = pair
    with strangers(tapped.learners_users[: reaped.jobs_run + 12]) as foreign:
        sleeping = asyncio.create_task(other.run(slept))
        for _ in range(4):
            assert (await reaped.run(answer(FORK_BOMB, wall_ms=200))).ending is Ending.TIME_LIMIT
        assert (await sleeping).trials == ({"result": floats(2.0, 3.0)},)
        assert [process.status() for process in foreign] == [psutil.STATUS_SLEEPING] * len(foreign)


async def test_whoever_keeps_their_own_run_waiting_is_told_time_limit_at_once(pair: Pair) -> None:
    (client, _), _ = pair
    report = await client.run(answer(BUSY_CHILDREN, wall_ms=1000))
    assert (report.ending, report.detail) == (Ending.TIME_LIMIT, "")


async def test_what_is_killed_from_outside_is_held_against_nobody(cells: Cells) -> None:
    slow = answer("import time\ndef f(x):\n    time.sleep(1)\n    return x")
    faulty = FaultyCells(cells)
    async with Pool(faulty, 1) as pool:
        for _ in range(3):
            assert (await pool.run(HONEST)).trials == RIGHT
            await until(lambda: signal_all(faulty.running[0].processes()[1], signal.SIGKILL))  # it was parked
        assert (await pool.run(answer("import os\nos._exit(7)"))).detail.startswith("it exited with status 7")
        running = asyncio.create_task(pool.run(slow))
        await asyncio.sleep(0.5)
        await until(lambda: signal_all(faulty.running[0].processes()[1], signal.SIGKILL))
        assert (await running).trials == ({"result": floats(2.0, 3.0)},)
        for number in (signal.SIGKILL, signal.SIGTERM):
            report = await pool.run(answer(f"import signal\nsignal.raise_signal({number})"))
            assert (report.ending, report.detail) == (Ending.CRASHED, number.name)


async def test_a_cell_out_of_memory_ends_alone(docker_cells: DockerCells) -> None:
    slept = answer("import time\ndef f(x):\n    time.sleep(3)\n    return x")
    async with open_cell(docker_cells) as (other, _):
        sleeping = asyncio.create_task(other.run(slept))
        async with open_cell(docker_cells) as (exhausted, _):
            await exhausted.run(answer(MEMORY_OF_CHILDREN))
            await exhausted.settled()
            assert exhausted.worn
        assert (await sleeping).trials == ({"result": floats(2.0, 3.0)},)
        assert not other.worn
        await other.ping()


JOINS_AND_FILLS = """
import sys
group, counts = sys.argv[1:]

def kills():
    fields = open(f"{group}/{counts}").read().split()
    return int(fields[fields.index("oom_kill") + 1])

open(f"{group}/cgroup.procs", "w").write("0")
before, taken = kills(), []
while kills() == before:
    taken.append(bytes(1 << 20).replace(b"\\0", b"x"))
print("killed")
"""


async def test_a_parked_child_that_memory_ran_out_for_is_not_held_against_the_next_learner(
    docker_cells: DockerCells,
) -> None:
    async with open_cell(docker_cells) as (client, tapped):
        group = _cgroup(tapped.first_process(), "memory")
        counts = "memory.events" if (group / "memory.events").exists() else "memory.oom_control"
        filling = (sys.executable, "-c", JOINS_AND_FILLS, str(group), counts)
        filled = await asyncio.to_thread(subprocess.run, filling, capture_output=True, text=True)
        assert filled.stdout == "killed\n", filled.stderr
        await client.ping()
        assert (await client.run(answer("import ctypes; ctypes.string_at(0)"))).ending is Ending.CRASHED


def _cgroup(process: psutil.Process, controller: str) -> Path:
    for line in Path(f"/proc/{process.pid}/cgroup").read_text().splitlines():
        _, controllers, place = line.split(":", 2)
        if controller in controllers.split(","):
            return Path("/sys/fs/cgroup", controller, place.lstrip("/"))
        if not controllers:
            return Path("/sys/fs/cgroup", place.lstrip("/"))
    raise AssertionError("in no cgroup")


def _set_quota(group: Path, share: float) -> None:
    """Of one processor."""
    if (group / "cpu.max").exists():
        (group / "cpu.max").write_text(f"{round(100_000 * share)} 100000")
    else:
        (group / "cpu.cfs_quota_us").write_text(str(round(100_000 * share)))


async def test_a_run_throttled_from_outside_is_in_doubt_and_no_run_is_for_what_the_one_before_used(
    docker_cells: DockerCells,
) -> None:
    async with open_cell(docker_cells) as (client, tapped):
        group = _cgroup(tapped.first_process(), "cpu")
        for _ in range(3):
            await client.run(answer(BUSY_CHILDREN, wall_ms=500))
            before = _throttled(group)
            assert (await client.run(HONEST)).trials == RIGHT
            await client.settled()
            assert _throttled(group) <= before + 1  # the period that the busy one began
        _set_quota(group, 0.01)
        with pytest.raises(Starved):
            await client.run(answer(NEEDS_CPU, wall_ms=1000))
        _set_quota(group, 1)
        assert (await client.run(answer(NEEDS_CPU))).trials == ({"result": floats(2.0, 3.0)},)


def _throttled(group: Path) -> int:
    fields = (group / "cpu.stat").read_text().split()
    return int(fields[fields.index("nr_throttled") + 1])


async def test_a_run_that_ended_in_time_while_its_cell_was_stopped_is_not_late(cells: Cells) -> None:
    faulty = FaultyCells(cells)
    async with Pool(faulty, 1) as pool:
        assert (await pool.run(HONEST)).trials == RIGHT
        # More than a pipe holds, so that it cannot all be taken at the moment the cell goes on.
        slept = answer("import time\ndef f(x):\n    time.sleep(0.5)\n    return x.repeat(100_000)", wall_ms=1000)
        running = asyncio.create_task(pool.run(slept))
        await asyncio.sleep(0.2)
        own, _ = faulty.started[0].processes()
        assert signal_all(own, signal.SIGSTOP)
        await asyncio.sleep(1.5)
        assert signal_all(own, signal.SIGCONT)
        assert (await running).trials == ({"result": floats(*(2.0, 3.0) * 100_000)},)
    assert len(faulty.started) == 1


async def test_a_cell_that_falls_silent_without_work_is_replaced_before_anybody_needs_it(cells: Cells) -> None:
    faulty = FaultyCells(cells)
    async with Pool(faulty, 1) as pool:
        assert (await pool.run(HONEST)).trials == RIGHT
        for replaced, number in ((1, signal.SIGSTOP), (2, signal.SIGKILL)):
            assert signal_all(faulty.running[0].processes()[0], number)
            await until(lambda wanted=replaced + 1: len(faulty.started) == wanted)
            assert (await pool.run(HONEST)).trials == RIGHT


async def test_what_was_sent_to_a_cell_that_is_stopped_is_answered_by_another(sandbox_python: Path) -> None:
    faulty = FaultyCells(LocalCells(sandbox_python))
    async with Pool(faulty, 1) as pool:
        assert (await pool.run(HONEST)).trials == RIGHT
        assert signal_all(faulty.running[0].processes()[0], signal.SIGSTOP)
        assert (await pool.run(answer(SQUARE, entry="gradient", wall_ms=500))).trials == RIGHT
    assert len(faulty.started) == 2


async def test_two_judges_on_one_host_leave_each_other_alone(cells: Cells) -> None:
    where = [str(cells._python)] if isinstance(cells, LocalCells) else [cells.host, cells.image]  # type: ignore[attr-defined]
    command = (sys.executable, "-m", "tests.sandbox.second_judge", cells.kind, "20", *where)
    async with AsyncExitStack() as stack:
        judges = []
        for _ in range(2):
            judge = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=subprocess.PIPE)
            stack.callback(lambda judge=judge: judge.returncode is None and judge.kill())
            judges.append(judge)
        told = [json.loads((await judge.communicate())[0]) for judge in judges]
    assert [judge["wrong"] for judge in told] == [[], []]
    assert not set(told[0]["slots"]) & set(told[1]["slots"])
    assert [len(judge["slots"]) for judge in told] == [2, 2]
