"""A Docker engine that goes away in the middle of a run, and comes back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import docker
import pytest

from sandbox.docker_cell import LABEL, DockerCells, engine_client
from sandbox.engine_facts import EngineStatus
from sandbox.owner import describe_self
from sandbox.pool import Pool
from sandbox.protocol import SandboxFault
from tests.sandbox.faulty import Gate
from tests.sandbox.jobs import SQUARE, answer, floats

RIGHT = ({"result": floats(4.0, 6.0)},)
SLOW = "import time\ndef f(x):\n    time.sleep(2)\n    return x"


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
    async with Pool(DockerCells(f"unix://{gate.place}", engine.image), 1, grace_seconds=0) as pool:
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
