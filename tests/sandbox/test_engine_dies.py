"""A Docker engine that goes away in the middle of a run, and comes back."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import docker
import pytest

from sandbox.docker_cell import LABEL, DockerCells, EngineStatus, engine_client
from sandbox.owner import describe_self
from sandbox.pool import Pool
from sandbox.protocol import SandboxFault
from tests.sandbox.jobs import SQUARE, answer, floats

RIGHT = ({"result": floats(4.0, 6.0)},)
SLOW = "import time\ndef f(x):\n    time.sleep(2)\n    return x"


class Gate:
    """A socket that leads to the engine's while it is open; closing it cuts every connection, as a crash would."""

    def __init__(self, place: Path, engine: str) -> None:
        self.place = place
        self.engine = engine.removeprefix("unix://")
        self.server: asyncio.Server | None = None
        self.writers: list[asyncio.StreamWriter] = []

    async def open(self) -> None:
        self.server = await asyncio.start_unix_server(self._join, self.place)

    async def close(self) -> None:
        assert self.server is not None
        self.server.close()
        self.place.unlink()
        for writer in self.writers:
            writer.transport.abort()
        self.writers.clear()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        theirs, ours = await asyncio.open_unix_connection(self.engine)
        self.writers += [writer, ours]
        await asyncio.gather(_pump(reader, ours), _pump(theirs, writer))


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    with contextlib.suppress(OSError, RuntimeError):
        writer.write_eof()


@pytest.fixture
async def gate(tmp_path: Path, engine: EngineStatus) -> AsyncIterator[Gate]:
    if not engine.host.startswith("unix://"):
        pytest.skip("the engine is not on a Unix socket")
    gate = Gate(tmp_path / "engine.sock", engine.host)
    await gate.open()
    yield gate
    await gate.close()


def _containers(client: docker.APIClient) -> list[str]:
    return [found["Id"] for found in client.containers(filters={"label": f"{LABEL}={describe_self()}"})]


async def test_a_run_the_engine_took_along_is_refused_and_the_next_one_served(gate: Gate, engine: EngineStatus) -> None:
    async with Pool(DockerCells(f"unix://{gate.place}", engine.image), 1) as pool:
        assert (await pool.run(answer(SQUARE, entry="gradient"))).trials == RIGHT
        running = asyncio.create_task(pool.run(answer(SLOW)))
        await asyncio.sleep(0.5)
        await gate.close()
        with pytest.raises(SandboxFault, match="no Docker engine answers"):
            await running
        await gate.open()
        assert (await _until_served(pool)) == RIGHT
    # Cells die when their stream is cut: nothing of the first one is left either.
    client = engine_client(engine.host)
    async with asyncio.timeout(20):
        while _containers(client):  # noqa: ASYNC110 (an engine has no event for this)
            await asyncio.sleep(0.2)
    client.close()


async def _until_served(pool: Pool) -> object:
    async with asyncio.timeout(60):
        while True:
            try:
                return (await pool.run(answer(SQUARE, entry="gradient"))).trials
            except SandboxFault:
                await asyncio.sleep(0.2)
