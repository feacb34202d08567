"""Keeps cells warm and lends them: one task per cell, one queue, and a fresh cell for whoever lost theirs."""

from __future__ import annotations

import asyncio
import contextlib
import struct
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Protocol

from sandbox import slots
from sandbox.cell_client import CellClient, Streams, to_the_end
from sandbox.frames import UIDS_PER_CELL, WALLS
from sandbox.outcome import Starved
from sandbox.protocol import Ending, Job, Program, Report, SandboxFault
from sandbox.values import TensorValue

JOBS_PER_CELL = 500
"""After this many jobs a cell gets a successor; it is lent on until that one is ready."""
MAX_JOBS_PER_CELL = UIDS_PER_CELL - 50
"""No user id is used twice in a cell; a few belong to children that died parked, and to the reaper."""
MAX_WAITING = 256
MIN_LOST_CELLS, MAX_LOST_CELLS = 2, 6
"""A submission that ends one cell and then a fresh one, which had passed its canaries, is itself the cause. One that
keeps losing cells others have used is put back to the caller without blame: something else is wrong."""
SETTLING_SECONDS = 0.2
"""What ends one cell may be ending them all; this long until the others' streams have told so."""
RESTART_SECONDS = (0.5, 2.0, 8.0)
"""Pauses between attempts to start a cell; the last one repeats."""


class Cells(Protocol):
    """A way of starting cells."""

    @property
    def kind(self) -> str:
        """``docker`` or ``local``."""

    async def start(self, slot: slots.Slot) -> Streams:
        """The streams of a new cell with its own block of user ids. Raises :class:`SandboxFault`."""


class Busy(SandboxFault):
    """Too many jobs wait already; nothing was run."""


@dataclass(slots=True)
class _Work:
    job: Job
    answer: asyncio.Future[Report]
    lost_cells: int = 0
    starved: int = 0


@contextlib.asynccontextmanager
async def fresh_cell(cells: Cells) -> AsyncIterator[CellClient]:
    """A cell that has run nothing but its canaries, ended with the block. Raises :class:`SandboxFault`."""
    slot = slots.lease()
    try:
        client = await CellClient.connect(await cells.start(slot))
        try:
            await _check(client)
            yield client
        finally:
            await to_the_end(client.kill())
    finally:
        slot.release()


class Pool:
    """``size`` warm cells; use as an asynchronous context manager."""

    def __init__(
        self,
        cells: Cells,
        size: int,
        on_status: Callable[[str], None] = lambda _: None,
        *,
        jobs_per_cell: int = JOBS_PER_CELL,
    ) -> None:
        self._cells = cells
        self._size = size
        self._jobs_per_cell = jobs_per_cell
        self._on_status = on_status
        self._waiting: asyncio.Queue[_Work] = asyncio.Queue()
        self._again: list[_Work] = []
        self._alive = 0
        self._newest = asyncio.Event()
        """Set while no successor is starting."""
        self._newest.set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Pool:
        for _ in range(self._size):
            self._spawn()
        return self

    async def __aexit__(self, *exc: object) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._fail_waiting(SandboxFault("the sandbox is closing"))

    async def run(self, job: Job) -> Report:
        """Run ``job`` in the next free cell. Raises :class:`SandboxFault` when no cell can be had."""
        if self._waiting.qsize() >= MAX_WAITING:
            raise Busy(f"{self._waiting.qsize()} answers wait already; try again in a minute")
        work = _Work(job, asyncio.get_running_loop().create_future())
        self._waiting.put_nowait(work)
        return await work.answer

    async def _keep_one(self, ready: asyncio.Event | None = None) -> None:
        """Keep one cell running until a successor has taken its place; sets ``ready`` at the first start."""
        failures = 0
        while True:
            try:
                async with fresh_cell(self._cells) as client:
                    failures = 0
                    if ready:
                        ready.set()
                    self._alive += 1
                    if self._alive == self._size:
                        self._on_status(self._readiness(client))
                    try:
                        if await self._lend(client):
                            return
                    finally:
                        self._alive -= 1
            except Exception as error:  # whatever it is, the pool must go on trying
                fault = error if isinstance(error, SandboxFault) else SandboxFault(repr(error))
                if not self._alive:
                    self._fail_waiting(fault)
                self._on_status(f"a cell could not be kept running: {fault}")
                await asyncio.sleep(RESTART_SECONDS[min(failures, len(RESTART_SECONDS) - 1)])
                failures += 1

    async def _lend(self, client: CellClient) -> bool:
        """Serve jobs until the cell is worn or lost (False), or until a successor is ready (True)."""
        successor: asyncio.Event | None = None
        while client.jobs_run < MAX_JOBS_PER_CELL and not client.worn:
            work = self._again.pop() if self._again else await self._waiting.get()
            if work.answer.done():
                continue  # nobody waits for it any more
            if client.gone:
                self._retry(work)  # it ended while idle, which is nobody's doing
                break
            if not await self._serve(client, work):
                break
            if client.jobs_run >= self._jobs_per_cell and successor is None and self._newest.is_set():
                # Beside, not instead: a start takes seconds, and nobody should wait for it. And one at a time: cells
                # of an age wear out together.
                successor = self._newest = asyncio.Event()
                self._spawn(successor)
            if successor and successor.is_set():
                return True
        return successor is not None

    def _readiness(self, client: CellClient) -> str:
        missing = [wall for bit, wall in WALLS.items() if bit & client.readiness.unconfined]
        without = f", without {'; '.join(missing)}" if missing else ""
        return f"{self._size} {self._cells.kind} cells ready{without}"

    def _spawn(self, ready: asyncio.Event | None = None) -> None:
        task = asyncio.create_task(self._keep_one(ready))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, client: CellClient, work: _Work) -> bool:
        """Run one job; whether the cell can be used on."""
        running = asyncio.ensure_future(client.run(work.job))
        work.answer.add_done_callback(lambda answer: running.cancel() if answer.cancelled() else None)
        try:
            _settle(work, await running)
            await client.settled()
        except Starved:
            self._starved(work)
        except SandboxFault as fault:
            await asyncio.sleep(SETTLING_SECONDS)
            self._lost(work, fault, fresh=client.jobs_run <= len(_CANARIES) + 1)
            return False
        except asyncio.CancelledError:
            # The asker's going away and our own closing can come together; ours is the one to obey.
            if _is_closing() or not work.answer.cancelled():
                _fail(work, SandboxFault("the sandbox is closing"))
                raise
        return True

    def _starved(self, work: _Work) -> None:
        work.starved += 1
        if work.starved > 1:
            _settle(work, Report(Ending.TIME_LIMIT, detail="the machine was busy both times"))
        else:
            self._retry(work)

    def _lost(self, work: _Work, fault: SandboxFault, *, fresh: bool) -> None:
        if work.answer.done():
            return  # answered before the cell was lost
        work.lost_cells += 1
        if fresh and work.lost_cells >= MIN_LOST_CELLS:
            _settle(work, Report(Ending.LOST_CELLS, detail=str(fault)[:200]))
        elif work.lost_cells >= MAX_LOST_CELLS:
            _fail(work, fault)
        else:
            self._retry(work)

    def _retry(self, work: _Work) -> None:
        self._again.append(work)
        # Whoever waits for new work must look again; a finished placeholder wakes exactly one.
        waker = _Work(work.job, asyncio.get_running_loop().create_future())
        waker.answer.cancel()
        self._waiting.put_nowait(waker)

    def _fail_waiting(self, fault: SandboxFault) -> None:
        while self._again:
            _fail(self._again.pop(), fault)
        while not self._waiting.empty():
            _fail(self._waiting.get_nowait(), fault)


def _settle(work: _Work, report: Report) -> None:
    if not work.answer.done():
        work.answer.set_result(report)


def _fail(work: _Work, fault: SandboxFault) -> None:
    if not work.answer.done():
        work.answer.set_exception(fault)


@dataclass(frozen=True, slots=True)
class _Canary:
    """A submission whose report is known."""

    job: Job
    right: Callable[[Report], bool] = field(repr=False)


def _canaries() -> tuple[_Canary, _Canary]:
    def floats(*numbers: float) -> TensorValue:
        return TensorValue("float32", (len(numbers),), struct.pack(f"<{len(numbers)}f", *numbers))

    trials = ({"x": floats(2.0, 3.0)},)
    double = "def f(x):\n    (x * x).sum().backward()\n    return x.grad\n"
    raises = "def f(x):\n    return x.nothing\n"
    good = Job(Program.ANSWER, double, "f", observe=("result", "grad(x)"), trials=trials)
    bad = Job(Program.ANSWER, raises, "f", trials=trials)
    return (
        _Canary(good, lambda report: bool(report.trials) and report.trials[0].get("grad(x)") == floats(4.0, 6.0)),
        _Canary(bad, lambda report: report.failure is not None and report.failure.type == "AttributeError"),
    )


_CANARIES = _canaries()


def _is_closing() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


async def _check(client: CellClient) -> None:
    for canary in _CANARIES:
        report = await client.run(canary.job)
        await client.settled()
        if report.ending is not Ending.COMPLETED or not canary.right(report):
            raise SandboxFault(f"a new cell failed its canary: {report}")
