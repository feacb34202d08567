"""What a judge process is told about its sandbox: all it needs, and no secret."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter

from sandbox.docker_cell import DockerCells, engine_status
from sandbox.local_cell import LocalCells
from sandbox.pool import Cells


@dataclass(frozen=True, slots=True)
class SandboxConfig:
    """Which cells to use: ``sandbox`` as in the settings; empty texts stand for the defaults.

    ``log`` is what its operator calls the place that it writes to.
    """

    sandbox: Literal["auto", "docker", "local"]
    cells: int
    python: str
    docker_host: str = ""
    image: str = ""
    runtime: str = ""
    log: str = ""

    def dump(self) -> str:
        """As one command-line argument."""
        return _ADAPTER.dump_json(self).decode()

    @classmethod
    def parse(cls, text: str) -> SandboxConfig:
        """From that argument."""
        return _ADAPTER.validate_json(text)


_ADAPTER = TypeAdapter(SandboxConfig)


def asks_for_docker(sandbox: str, runtime: str) -> bool:
    """Whether nothing but Docker cells will do: who names a runtime wants its walls, so ``auto`` keeps to them."""
    return sandbox == "docker" or (sandbox == "auto" and bool(runtime))


async def choose_cells(config: SandboxConfig, tell: Callable[[str], None]) -> Cells:
    """Docker where asked for or where an engine with our image answers, otherwise local cells; says which."""
    docker = DockerCells(config.docker_host or None, config.image or None, config.runtime or None)
    if asks_for_docker(config.sandbox, config.runtime):
        return docker
    if config.sandbox == "auto":
        status = await engine_status(docker.host, docker.image)
        if not status.advice:
            return docker
        if status.reachable:
            tell(f"using local cells: {status.advice}")
    return LocalCells(Path(config.python))
