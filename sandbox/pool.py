"""Keeps cells warm and lends them: one task per cell, one queue, and a fresh cell for whoever lost theirs."""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Protocol

from sandbox import slots
from sandbox.canaries import CANARIES, check
from sandbox.cell_client import CellClient, Streams, Unsendable, to_the_end
from sandbox.frames import UIDS_PER_CELL, WALLS
from sandbox.outcome import Doubtful
from sandbox.protocol import Job, Report, SandboxFault
from sandbox.work import Work

JOBS_PER_CELL = 4_000
"""After this many jobs a cell gets a successor; it is lent on until that one is ready."""
MAX_CHILDREN_PER_CELL = UIDS_PER_CELL - 50
"""No user id is used twice in a cell; the last ones are left for the children that stand parked, and the reaper."""
MAX_WAITING = 256
SETTLING_SECONDS = 0.2
"""What ends one cell may be ending them all; this long until the others' streams have told so."""
RESTART_SECONDS = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Pauses between attempts to start a cell; the last one repeats."""
GRACE_SECONDS = 15.0
"""An engine that restarts is back after this; only then is whoever waits told that there is none."""
HEARTBEAT_SECONDS = 2.0
"""How often a cell without work is asked for a sign of life, so that none is lent that has none."""
JOBS_PER_CHECK = 50
"""After this many jobs a cell without work runs its canaries instead."""


class Cells(Protocol):
    """A way of starting cells."""

    @property
    def kind(self) -> str:
        """``docker`` or ``local``."""

    async def start(self, slot: slots.Slot) -> Streams:
        """The streams of a new cell with its own block of user ids.

        Raises :class:`SandboxFault`, and :class:`slots.SlotTaken` where somebody else has that block.
        """


class Busy(SandboxFault):
    """Too many jobs wait already; nothing was run."""


@contextlib.asynccontextmanager
async def fresh_cell(cells: Cells) -> AsyncIterator[CellClient]:
    """A cell that has run nothing but its canaries, ended with the block. Raises :class:`SandboxFault`."""
    slot, streams = await start_cell(cells)
    is_ended, kill = False, streams.kill
    try:
        client = await CellClient.connect(streams)
        kill = client.kill
        await check(client)
        yield client
    finally:
        try:
            await to_the_end(kill())  # once more, where it has ended already: only that says so
            is_ended = True
        finally:
            slot.release() if is_ended else slot.keep()


async def start_cell(cells: Cells) -> tuple[slots.Slot, Streams]:
    """The streams of a new cell, and the first free slot of all that is to be released after it.

    Raises :class:`SandboxFault`.
    """
    with contextlib.ExitStack() as tried:
        while True:
            slot = slots.lease(cells.kind)
            try:
                return slot, await cells.start(slot)
            except slots.SlotTaken:
                tried.callback(slot.release)  # not before another one is found, or it would be the first free one again
            except BaseException:
                slot.release()
                raise


class Pool:
    """``size`` warm cells; use as an asynchronous context manager."""

    def __init__(
        self,
        cells: Cells,
        size: int,
        on_status: Callable[[str], None] = lambda _: None,
        *,
        jobs_per_cell: int = JOBS_PER_CELL,
        grace_seconds: float = GRACE_SECONDS,
    ) -> None:
        self._cells = cells
        self._size = size
        self._jobs_per_cell = jobs_per_cell
        self._grace_seconds = grace_seconds
        self._on_status = on_status
        self._waiting: asyncio.Queue[Work] = asyncio.Queue()
        self._again: list[Work] = []
        self._suspects: list[Work] = []
        """Work that may have ended its cell, for fresh ones: should it end another, nobody else loses theirs."""
        self._unanswered: set[Work] = set()
        self._lent: dict[CellClient, int] = {}
        """The cells there are, each with the number of jobs it had run when it last passed its canaries."""
        self._losses: deque[float] = deque(maxlen=2 * size)
        self._last_served = -math.inf
        self._newest = asyncio.Event()
        """Set while no successor is starting."""
        self._newest.set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False

    async def __aenter__(self) -> Pool:
        for _ in range(self._size):
            self._spawn()
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._closed = True
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._fail_all(SandboxFault("the sandbox is closing"))

    async def run(self, job: Job) -> Report:
        """Run ``job`` in the next free cell. Raises :class:`SandboxFault` when no cell can be had."""
        if self._closed:
            raise SandboxFault("the sandbox is closed")
        if self._waiting.qsize() >= MAX_WAITING:
            raise Busy(f"{self._waiting.qsize()} answers wait already; try again in a minute")
        work = Work(job, asyncio.get_running_loop().create_future())
        self._unanswered.add(work)
        work.answer.add_done_callback(lambda _: self._unanswered.discard(work))
        self._waiting.put_nowait(work)
        return await work.answer

    async def _keep_one(self, ready: asyncio.Event | None = None) -> None:
        """Keep one cell running until a successor has taken its place; sets ``ready`` at the first start."""
        failures = 0
        replaced = False
        while not replaced:
            try:
                async with fresh_cell(self._cells) as client:
                    failures = 0
                    if ready:
                        ready.set()
                    with self._in_service(client):
                        replaced = await self._lend(client)
            except Exception as error:  # whatever it is, the pool must go on trying
                self._failed(_as_fault(error))
                if self._closed:
                    return  # a cell that failed to end has taken the place of our cancellation
                await asyncio.sleep(RESTART_SECONDS[min(failures, len(RESTART_SECONDS) - 1)])
                failures += 1

    @contextlib.contextmanager
    def _in_service(self, client: CellClient) -> Iterator[None]:
        self._lent[client] = client.jobs_run
        if len(self._lent) == self._size:
            self._tell(self._readiness(client))
        try:
            yield
        finally:
            del self._lent[client]
            self._last_served = _now()

    def _failed(self, fault: SandboxFault) -> None:
        self._tell(f"a cell could not be kept running: {fault}")
        while self._suspects:
            self._retry(self._suspects.pop())  # no fresh cell may come for long, as on a full disk
        if not self._lent and _now() >= self._last_served + self._grace_seconds:
            self._fail_all(fault)

    async def _lend(self, client: CellClient) -> bool:
        """Serve jobs until the cell is worn or lost (False), or until a successor is ready (True)."""
        successor: asyncio.Event | None = None
        while client.children < MAX_CHILDREN_PER_CELL and not client.worn:
            try:
                work = await self._take(client)
            except SandboxFault as fault:
                self._losses.append(_now())
                self._tell(f"a cell without work was lost: {fault}")
                break
            if work.answer.done():
                continue  # nobody waits for it any more
            if client.gone:
                self._losses.append(_now())
                self._retry(work)  # it ended while idle, which is nobody's doing
                break
            if not await self._serve(client, work, is_replaced=successor is not None):
                break
            if client.jobs_run >= self._jobs_per_cell and successor is None and self._newest.is_set():
                # Beside, not instead: a start takes seconds, and nobody should wait for it. And one at a time: cells
                # of an age wear out together.
                successor = self._newest = asyncio.Event()
                self._spawn(successor)
            if successor and successor.is_set():
                return True
        return successor is not None

    async def _take(self, client: CellClient) -> Work:
        """The next work; while there is none, ``client`` gives signs of life. Raises :class:`SandboxFault`."""
        while True:
            if self._suspects and client.jobs_run == CANARIES:
                return self._suspects.pop()
            if self._again:
                return self._again.pop()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(HEARTBEAT_SECONDS):
                    return await self._waiting.get()
            if client.jobs_run < self._lent[client] + JOBS_PER_CHECK:
                await client.ping()
                continue
            with contextlib.suppress(Doubtful):  # which says nothing about the cell
                await check(client)
            self._lent[client] = client.jobs_run

    def _readiness(self, client: CellClient) -> str:
        missing = [wall for bit, wall in WALLS.items() if bit & client.readiness.unconfined]
        without = f", without {'; '.join(missing)}" if missing else ""
        return f"{self._size} {self._cells.kind} cells ready{without}"

    def _tell(self, status: str) -> None:
        with contextlib.suppress(Exception):  # a log on a full disk is no reason to stop judging
            self._on_status(status)

    def _spawn(self, ready: asyncio.Event | None = None) -> None:
        task = asyncio.create_task(self._keep_one(ready))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, client: CellClient, work: Work, *, is_replaced: bool) -> bool:
        """Run one job; whether the cell can be used on."""
        is_fresh = client.jobs_run == CANARIES
        running = asyncio.ensure_future(client.run(work.job))
        work.answer.add_done_callback(lambda answer: running.cancel() if answer.cancelled() else None)
        try:
            work.settle(await running)
            await client.settled()
        except Doubtful as doubt:
            if work.doubted(doubt):
                self._retry(work)
        except Unsendable as fault:
            work.fail(fault)
        except Exception as error:  # whatever it is, somebody waits for an answer
            is_alone = await self._is_alone(client)
            if work.lost(_as_fault(error), is_evidence=is_fresh and is_alone):
                # Where a successor has come already, no fresh cell will follow this one.
                self._retry(work) if is_replaced else self._suspects.append(work)
            return False
        except asyncio.CancelledError:
            # The asker's going away and our own closing can come together; ours is the one to obey.
            if _is_closing() or not work.answer.cancelled():
                raise
        return True

    async def _is_alone(self, lost: CellClient) -> bool:
        """Whether ``lost`` is the only cell lost just now."""
        self._losses.append(_now())
        await asyncio.sleep(SETTLING_SECONDS)
        recent = sum(moment > _now() - 2 * SETTLING_SECONDS for moment in self._losses)
        return recent == 1 and not any(client.gone for client in self._lent if client is not lost)

    def _retry(self, work: Work) -> None:
        self._again.append(work)
        # Whoever waits for new work must look again; a finished placeholder wakes exactly one.
        waker = Work(work.job, asyncio.get_running_loop().create_future())
        waker.answer.cancel()
        self._waiting.put_nowait(waker)

    def _fail_all(self, fault: SandboxFault) -> None:
        for work in list(self._unanswered):
            work.fail(fault)


def _as_fault(error: Exception) -> SandboxFault:
    return error if isinstance(error, SandboxFault) else SandboxFault(repr(error))


def _now() -> float:
    return asyncio.get_running_loop().time()


def _is_closing() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
