"""The checks behind ``chainrule doctor``: what was found, and what to do about what is missing."""

from __future__ import annotations

import asyncio
from pathlib import Path

from bot.core.findings import Finding, State
from bot.ports import StoreUnavailable
from bot.settings import Settings
from bot.store import open_store
from sandbox.docker_cell import DockerCells, engine_status
from sandbox.frames import Unconfined
from sandbox.local_cell import LocalCells
from sandbox.pool import Cells, fresh_cell
from sandbox.protocol import SandboxFault

_MISSING_WALLS = {
    Unconfined.UID: "a user of its own (start as root)",
    Unconfined.PROCESSES: "a process namespace (allow unprivileged user namespaces)",
    Unconfined.NETWORK: "a network namespace; the system-call filter still refuses sockets",
    Unconfined.FILES: "a file tree of its own",
    Unconfined.SYSCALLS: "a system-call filter for this architecture",
}


async def examine(settings: Settings) -> list[Finding]:
    """Every finding, in the order a person should read them."""
    docker = await _docker(settings)
    torch = await _torch(settings.sandbox_python)
    local = await _local(settings.sandbox_python) if torch.state is State.OK else _no_local()
    usable = State.OK in {docker.state, local.state} or local.state is State.WARNING
    findings = [docker, torch, local, await _database(settings.database_url)]
    return findings if usable else [_as_missing(docker), torch, _as_missing(local), findings[-1]]


async def _docker(settings: Settings) -> Finding:
    status = await engine_status(settings.docker_host or None, settings.image or None)
    if status.advice:
        found = f"engine {status.version}, no image" if status.reachable else "no engine"
        return Finding("Docker", State.WARNING, found, status.advice)
    cells = DockerCells(settings.docker_host or None, settings.image or None, settings.runtime or None)
    return await _cell("Docker", cells, f"engine {status.version}, image {status.image}")


async def _torch(python: Path) -> Finding:
    try:
        process = await asyncio.create_subprocess_exec(
            str(python),
            "-I",
            "-c",
            "import torch; print(torch.__version__)",
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
    except OSError as error:
        return Finding("torch", State.WARNING, f"{python}: {error.strerror}", "run `make demo` or `make test` once")
    out, err = await process.communicate()
    if process.returncode:
        said = err.decode(errors="replace").strip().rpartition("\n")[2][:200]
        return Finding("torch", State.WARNING, said, f"delete {python.parent.parent} and run `make demo`")
    return Finding("torch", State.OK, f"{out.decode().strip()} in {python.parent.parent}")


async def _local(python: Path) -> Finding:
    return await _cell("local cell", LocalCells(python), "starts")


def _no_local() -> Finding:
    return Finding("local cell", State.WARNING, "needs torch", "see torch")


async def _cell(name: str, cells: Cells, found: str) -> Finding:
    try:
        async with fresh_cell(cells) as client:
            unconfined = client.readiness.unconfined
    except SandboxFault as fault:
        return Finding(name, State.WARNING, "a cell does not start", str(fault))
    missing = [text for bit, text in _MISSING_WALLS.items() if bit & unconfined]
    if missing:
        return Finding(name, State.WARNING, f"{found}, without {len(missing)} of its walls", "; ".join(missing))
    return Finding(name, State.OK, f"{found}, fully confined")


async def _database(url: str) -> Finding:
    try:
        store = await open_store(url)
    except StoreUnavailable as error:
        return Finding("database", State.MISSING, "cannot be used", str(error))
    await store.close()
    return Finding("database", State.OK, url.rpartition("@")[2])


def _as_missing(finding: Finding) -> Finding:
    return Finding(finding.name, State.MISSING, finding.found, finding.advice)
