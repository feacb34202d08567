"""Two cells for authors' code, kept apart from every cell that ran a learner's, and discarded when idle."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from typing import TypeVar

import structlog

from bot.judging.together import together
from sandbox.cell_client import CellClient
from sandbox.outcome import Starved
from sandbox.pool import Cells, fresh_cell
from sandbox.protocol import Ending, Job, Program, Report, SandboxFault
from sandbox.values import Value

IDLE_SECONDS = 5.0
TRIES = 3
_T = TypeVar("_T")
_log = structlog.get_logger()


class CellsClosed(SandboxFault):
    """Nobody waits for such a run any more; no cell was started for it."""


class ReferenceCells:
    """Opens up to two fresh cells at need; use as an asynchronous context manager, after which no job is run.

    A report that does not say what its job asked for, as only code that writes the frame itself can make it, is one of
    a run that crashed.
    """

    def __init__(self, cells: Cells) -> None:
        self._places = (_Place(cells), _Place(cells))
        # Whoever uses both takes them under one lock, so that two of them never wait for each other's second one.
        self._pairing = asyncio.Lock()
        self._free: asyncio.LifoQueue[_Place] = asyncio.LifoQueue()
        for place in self._places:
            self._free.put_nowait(place)

    async def __aenter__(self) -> ReferenceCells:
        return self

    async def __aexit__(self, *exc: object) -> None:
        for place in self._places:
            place.close()
        for place in self._places:
            await place.discard()

    async def run_once(self, job: Job) -> Report:
        """The job's report from whichever cell is free. Raises :class:`SandboxFault` once :data:`TRIES` failed."""
        async with self._taken() as place:
            return _checked(job, await _try([place], lambda: place.run(job)))

    async def run_twice(self, job: Job) -> tuple[Report, Report]:
        """The job's report from each cell. Raises :class:`SandboxFault`, once :data:`TRIES` fresh pairs failed."""
        async with AsyncExitStack() as taken:
            async with self._pairing:
                places = [await taken.enter_async_context(self._taken()) for _ in self._places]
            first, second = await _try(places, lambda: together(place.run(job) for place in places))
            return _checked(job, first), _checked(job, second)

    @asynccontextmanager
    async def _taken(self) -> AsyncIterator[_Place]:
        place = await self._free.get()
        try:
            yield place
        finally:
            place.rest()
            self._free.put_nowait(place)


async def _try(places: Sequence[_Place], attempt: Callable[[], Awaitable[_T]]) -> _T:
    for left in reversed(range(TRIES)):
        try:
            return await attempt()
        except SandboxFault as fault:
            if not left or isinstance(fault, CellsClosed):
                raise
            if isinstance(fault, Starved):  # the cells are fine, and starting others would keep the machine busier
                continue
            for place in places:
                await place.discard()
    raise AssertionError("the last try returns or raises")


class _Place:
    """Where one cell is opened at need. One job at a time."""

    def __init__(self, cells: Cells) -> None:
        self._cells = cells
        self._client: CellClient | None = None
        self._opened: AsyncExitStack | None = None
        self._idle: asyncio.TimerHandle | None = None
        self._closing: asyncio.Task[None] | None = None
        self._closed = False

    async def run(self, job: Job) -> Report:
        """Raises :class:`SandboxFault`."""
        self._stop_resting()
        return await (await self._usable()).run(job)

    def rest(self) -> None:
        """Nobody needs it for now: discard the cell unless it is used again soon."""
        self._stop_resting()
        self._idle = asyncio.get_running_loop().call_later(IDLE_SECONDS, self._expire)

    def close(self) -> None:
        """Start ending the cell, and never open another."""
        self._closed = True
        self._stop_resting()
        self._expire()

    async def discard(self) -> None:
        """End the cell, if there is one; the next job gets a fresh one."""
        self._stop_resting()
        self._expire()
        if self._closing:
            await asyncio.shield(self._closing)

    def _stop_resting(self) -> None:
        if self._idle:
            self._idle.cancel()
            self._idle = None

    def _expire(self) -> None:
        # At once: a job that comes while the cell is ending opens another.
        opened, self._opened, self._client = self._opened, None, None
        if opened:
            self._closing = asyncio.create_task(_close(opened, self._closing))

    async def _usable(self) -> CellClient:
        if self._client:
            await self._client.settled()
            if self._client.worn:
                await self.discard()
        return self._client or await self._open()

    async def _open(self) -> CellClient:
        async with AsyncExitStack() as opened:
            self._refuse_closed()
            client = await opened.enter_async_context(fresh_cell(self._cells))
            self._refuse_closed()  # it may have been while the cell started
            self._client, self._opened = client, opened.pop_all()
        return client

    def _refuse_closed(self) -> None:
        if self._closed:
            raise CellsClosed("the cells it should have run in are closed")


async def _close(opened: AsyncExitStack, before: asyncio.Task[None] | None) -> None:
    try:
        await opened.aclose()
    except Exception:  # the next cell does not need this one to be gone
        _log.exception("a reference cell could not be ended")
    if before:
        await before


def _checked(job: Job, report: Report) -> Report:
    wanted = len(job.expressions if job.kind is Program.EXPRESSION else job.seeds or job.trials)
    cut = report.failure is not None or report.ending is not Ending.COMPLETED
    counts = len(report.trials) <= wanted if cut else len(report.trials) == wanted
    if counts and all(_is_whole(job, trial) for trial in report.trials):
        return report
    return replace(report, ending=Ending.CRASHED, trials=(), failure=None, detail="it wrote a result of its own making")


def _is_whole(job: Job, trial: Value) -> bool:
    match job.kind, trial:
        case Program.ANSWER, dict():
            return _observes(job, trial)
        case Program.REFERENCE, {"inputs": dict(), "observed": observed, "observed64": double}:
            return _observes(job, observed) and (double is None or _observes(job, double))
        case Program.EXPRESSION, {"value": _, "raised": str()}:
            return True
    return False


def _observes(job: Job, observed: Value) -> bool:
    return isinstance(observed, dict) and observed.keys() == set(job.observe)
