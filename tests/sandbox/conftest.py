"""A cell shared by a module's tests: a run must leave it as it found it, or say so."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack, ExitStack

import docker
import pytest

from sandbox.cell_client import CellClient
from sandbox.docker_cell import NAME
from sandbox.outcome import Doubtful, Starved, Struck
from sandbox.pool import Cells, fresh_cell
from sandbox.protocol import Job, Report, SandboxFault
from sandbox.slots import Slot, lease

BUSY_TRIES = 10


class OneCell:
    """A cell on an event loop of its own, replaced after a test wore it out or lost it."""

    def __init__(self, cells: Cells) -> None:
        self.cells = cells
        self.runner = asyncio.Runner()
        self.stack = AsyncExitStack()
        self.client: CellClient | None = None

    def run(self, job: Job) -> Report:
        """See :meth:`lend`."""
        return self.runner.run(self.lend(job))

    async def lend(self, job: Job) -> Report:
        """The job's report; run again, as the pool does, while it is in doubt whose doing its end was."""
        struck = 0
        for _ in range(BUSY_TRIES):
            try:
                return await self._run(job)
            except Starved:
                continue
            except Struck as doubt:
                struck += 1
                if struck > 1:
                    return doubt.report
        raise TimeoutError("the machine stayed too busy")

    async def _run(self, job: Job) -> Report:
        if self.client is None:
            self.client = await self.stack.enter_async_context(fresh_cell(self.cells))
        try:
            report = await self.client.run(job)
            await self.client.settled()
        except Doubtful:
            raise  # the cell is fine
        except SandboxFault:
            await self._discard()
            raise
        if self.client.worn:
            await self._discard()
        return report

    async def _discard(self) -> None:
        self.client = None
        await self.stack.aclose()

    def close(self) -> None:
        self.runner.run(self._discard())
        self.runner.close()


@pytest.fixture
def slot(request: pytest.FixtureRequest) -> Iterator[Slot]:
    """A free one; where the test has an engine, one that no container there is named after either."""
    host = request.getfixturevalue("engine").host if "engine" in request.fixturenames else ""
    with ExitStack() as leased:
        while True:
            slot = lease("docker")
            leased.callback(slot.release)
            if not (host and _is_taken(host, slot)):
                break
        yield slot


def _is_taken(host: str, slot: Slot) -> bool:
    with docker.APIClient(base_url=host, version="auto") as client:
        return bool(client.containers(all=True, filters={"name": f"^/{NAME.format(slot.number)}$"}))


@pytest.fixture(scope="module")
def cell(cells: Cells) -> Iterator[OneCell]:
    """One warm cell of each kind for a module's tests."""
    one = OneCell(cells)
    yield one
    one.close()
