"""What cells take from the host and from each other: memory, growth over many submissions, time while attacked."""

from __future__ import annotations

import asyncio
import os
import random
import statistics
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass

import psutil

from sandbox.cell_client import CellClient
from sandbox.docker_cell import DockerCells, engine_client
from sandbox.pool import MAX_CHILDREN_PER_CELL, Cells, Pool, fresh_cell
from sandbox.protocol import Ending, Job, Limits, Program, SandboxFault
from sandbox.values import TensorValue

SOAK = 10_000
HONEST_PER_SECOND = 20
HONEST_ARRIVALS = 300
ATTACK_MS = 500
SETTLING_S = 15.0
"""By then whatever cell was starting has taken another's place."""

_X = {"x": TensorValue("float32", (3, 4), bytes(48))}
_ATTACKS = (
    "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass",
    "import torch\nkept = []\nwhile True: kept.append(torch.ones(1 << 20))",
    "while True: print('x' * 1000)",
)
_SLEEPING = "import time, torch\ndef gradient(x):\n    (x.requires_grad_() ** 2).sum().backward()\n    time.sleep(3)\n"
_HONEST = "def gradient(x):\n    x.requires_grad_()\n    (x ** 2).sum().backward()\n    return x.grad\n"

REALISTIC = """
import torch

def gradient(x):
    torch.manual_seed(0)
    model = torch.nn.Linear(4, 3)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
    loss = torch.nn.functional.cross_entropy(model(x), torch.tensor([0, 1, 2]))
    loss.backward()
    optimizer.step()
    hessian = torch.autograd.functional.hessian(lambda point: (point**3).sum(), torch.ones(4))
    return [model.weight.detach(), hessian]
"""


def _job(source: str, wall_ms: int = 5_000) -> Job:
    return Job(Program.ANSWER, source, "gradient", trials=(_X,), limits=Limits(wall_ms=wall_ms))


async def realistic_ms(cells: Cells) -> float:
    """Median milliseconds of a linear layer, cross-entropy, a step of Adam and a Hessian, with time between runs."""
    async with fresh_cell(cells) as client:
        return await _median_ms(client, REALISTIC)


async def _median_ms(client: CellClient, source: str, runs: int = 60) -> float:
    times = []
    for _ in range(runs):
        await asyncio.sleep(0.05)
        began = time.perf_counter()
        report = await client.run(_job(source))
        times.append(time.perf_counter() - began)
        await client.settled()
        if report.ending is not Ending.COMPLETED or report.failure:
            raise RuntimeError(f"it did not run: {report}")
    return statistics.median(times) * 1000


async def under_attack(cells: Cells) -> Mapping[str, float]:
    """How much longer honest submissions take on one cell while another one is attacked in turn by a fork bomb, by
    filling memory and by a flood of output."""
    async with Pool(cells, 1) as honest, Pool(cells, 1) as attacked:
        await asyncio.gather(honest.run(_job(_HONEST)), attacked.run(_job(_HONEST)))
        await asyncio.sleep(3)
        calm = await _honest_ms(honest)
        attacking = asyncio.create_task(_attack(attacked))
        stormy = await _honest_ms(honest)
        attacking.cancel()
        await asyncio.gather(attacking, return_exceptions=True)
    return {"undisturbed_ms": calm, "under_attack_ms": stormy, "under_attack_ratio": stormy / calm}


async def _honest_ms(pool: Pool) -> float:
    draw = random.Random(3)
    times: list[float] = []

    async def one() -> None:
        began = time.perf_counter()
        await pool.run(_job(_HONEST))
        times.append(time.perf_counter() - began)

    waiting = []
    for _ in range(HONEST_ARRIVALS):
        waiting.append(asyncio.create_task(one()))
        await asyncio.sleep(draw.expovariate(HONEST_PER_SECOND))
    await asyncio.gather(*waiting)
    return statistics.median(times) * 1000


async def _attack(pool: Pool) -> None:
    while True:
        for source in _ATTACKS:
            try:
                await pool.run(_job(source, ATTACK_MS))
            except SandboxFault:
                continue


async def memory(cells: DockerCells) -> Mapping[str, float]:
    """Megabytes that one more submission has to itself while it runs, and that one more cell adds beside another."""
    async with fresh_cell(cells), fresh_cell(cells) as client:
        newest = _newest_first_process(cells)
        own = [newest, *newest.children(recursive=True)]
        cell_mb = sum(_rollup_kb(process, "Pss:") for process in own) / 1024
        running = asyncio.create_task(client.run(_job(_SLEEPING)))
        await asyncio.sleep(1.5)
        learners = [process for process in newest.children(recursive=True) if process.uids().real]
        busiest = max(learners, key=lambda process: _rollup_kb(process, "Private_Dirty:"))
        private = _rollup_kb(busiest, "Private_Dirty:", "Private_Clean:") / 1024
        await running
    return {"one_more_cell_mb": cell_mb, "submission_private_mb": private}


def _newest_first_process(cells: DockerCells) -> psutil.Process:
    client = engine_client(cells.host)
    newest = max(client.containers(filters={"label": "chainrule.cell"}), key=lambda found: found["Created"])
    return psutil.Process(client.inspect_container(newest["Id"])["State"]["Pid"])


def _rollup_kb(process: psutil.Process, *fields: str) -> int:
    try:
        with open(f"/proc/{process.pid}/smaps_rollup") as rollup:
            return sum(int(line.split()[1]) for line in rollup if line.startswith(fields))
    except OSError:
        return 0


@dataclass(frozen=True, slots=True)
class _Held:
    """What a process holds: resident kB, descriptors, and processes below it."""

    kb: int
    descriptors: int
    processes: int

    @classmethod
    def by(cls, process: psutil.Process) -> _Held:
        """By the process itself, with the number of those below it."""
        return cls(process.memory_info().rss // 1024, process.num_fds(), len(process.children(recursive=True)))

    @classmethod
    def by_cell(cls, first: psutil.Process) -> _Held:
        """By a cell's own processes: all but those that are, or wait to be, a learner's."""
        below = first.children(recursive=True)
        own = [first, *(process for process in below if not process.uids().real)]
        # Not the resident set: what a child copied is then its parent's alone, which takes no more memory.
        kb = sum(_rollup_kb(process, "Anonymous:") for process in own)
        return cls(kb, sum(process.num_fds() for process in own), len(below))


async def soak(cells: DockerCells, tell: Callable[[str], None]) -> Mapping[str, float]:
    """Growth over many submissions in a row: of this process over all, with cells replaced meanwhile, and of one cell's
    own processes over those of a cell."""
    tell(f"docker: {SOAK} submissions in a row on a pool of two")
    ours = psutil.Process(os.getpid())
    async with Pool(cells, 2, jobs_per_cell=SOAK // 10) as pool:
        await _in_a_row(pool.run, SOAK // 10)
        await asyncio.sleep(SETTLING_S)
        before = _Held.by(ours)
        await _in_a_row(pool.run, SOAK - SOAK // 10)
        await asyncio.sleep(SETTLING_S)
        after = _Held.by(ours)
    async with fresh_cell(cells) as client:
        first = _newest_first_process(cells)
        await _in_a_row(lambda job: _settled(client, job), 50)
        young = _Held.by_cell(first)
        await _in_a_row(lambda job: _settled(client, job), MAX_CHILDREN_PER_CELL - 100)
        old = _Held.by_cell(first)
    tell(f"the judge from {before} to {after}, the cell from {young} to {old}")
    return {
        "soak_pool_growth_mb": (after.kb - before.kb) / 1024,
        "soak_cell_growth_mb": (old.kb - young.kb) / 1024,
        "soak_growth": float(_grew(before, after) + _grew(young, old)),
    }


def _grew(before: _Held, after: _Held) -> int:
    """How many descriptors and processes more there are."""
    return max(0, after.descriptors - before.descriptors) + max(0, after.processes - before.processes)


async def _settled(client: CellClient, job: Job) -> object:
    report = await client.run(job)
    await client.settled()
    await client.ping()  # the next child is parked
    return report


async def _in_a_row(run: Callable[[Job], Awaitable[object]], count: int) -> None:
    async def some(share: Iterable[int]) -> None:
        for _ in share:
            await run(_job(_HONEST))

    await some(range(count))
