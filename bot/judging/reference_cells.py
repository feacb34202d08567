"""Two cells for authors' code, kept apart from every cell that ran a learner's, and discarded when idle."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

from sandbox.cell_client import CellClient
from sandbox.pool import Cells, fresh_cell
from sandbox.protocol import Job, Report, SandboxFault

IDLE_SECONDS = 5.0
TRIES = 3


class ReferenceCells:
    """Opens two fresh cells at need; use as an asynchronous context manager."""

    def __init__(self, cells: Cells) -> None:
        self._cells = cells
        self._turn = asyncio.Lock()
        self._open: AsyncExitStack | None = None
        self._pair: tuple[CellClient, CellClient] | None = None
        self._closer: asyncio.Task[None] | None = None

    async def __aenter__(self) -> ReferenceCells:
        return self

    async def __aexit__(self, *exc: object) -> None:
        if self._closer:
            self._closer.cancel()
        await self._discard()

    async def run_twice(self, job: Job) -> tuple[Report, Report]:
        """The job's report from each cell. Raises :class:`SandboxFault`, once :data:`TRIES` fresh pairs failed."""
        async with self._turn:
            if self._closer:
                self._closer.cancel()
            try:
                return await self._try(job)
            finally:
                self._closer = asyncio.create_task(self._discard_when_idle())

    async def _try(self, job: Job) -> tuple[Report, Report]:
        for left in reversed(range(TRIES)):
            try:
                return await self._run(job)
            except SandboxFault:
                # Both go: the other one may still be running the job.
                await self._discard()
                if not left:
                    raise
        raise AssertionError("the last try returns or raises")

    async def _run(self, job: Job) -> tuple[Report, Report]:
        first, second = self._pair or await self._start()
        reports = await asyncio.gather(first.run(job), second.run(job))
        return reports[0], reports[1]

    async def _start(self) -> tuple[CellClient, CellClient]:
        self._open = AsyncExitStack()
        try:
            async with asyncio.TaskGroup() as starting:
                first, second = (
                    starting.create_task(self._open.enter_async_context(fresh_cell(self._cells))) for _ in range(2)
                )
        except BaseException as error:
            # Both have ended, but one may have opened its cell before the other failed or we were cancelled.
            await self._discard()
            if isinstance(error, BaseExceptionGroup):
                raise error.exceptions[0] from None
            raise
        self._pair = first.result(), second.result()
        return self._pair

    async def _discard_when_idle(self) -> None:
        await asyncio.sleep(IDLE_SECONDS)
        async with self._turn:
            await self._discard()

    async def _discard(self) -> None:
        self._pair = None
        opened, self._open = self._open, None
        if opened:
            await opened.aclose()
