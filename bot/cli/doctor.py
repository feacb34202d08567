"""The checks behind ``chainrule doctor``: what was found, and what to do about what is missing."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from bot.cli.engine_findings import engine_findings
from bot.cli.local_findings import local_findings
from bot.core.findings import Finding, State
from bot.judging.config import asks_for_docker
from bot.ports import StoreUnavailable
from bot.settings import Settings
from bot.store import SqlStore, open_store
from sandbox.docker_cell import DockerCells, engine_status
from sandbox.engine_facts import EngineStatus
from sandbox.frames import WALLS, Unconfined
from sandbox.local_cell import LocalCells
from sandbox.pool import Cells, fresh_cell
from sandbox.protocol import SandboxFault

_Tried: TypeAlias = tuple[Finding, Unconfined | None]
"""What came of starting a cell, and what that could not apply."""
_NO_CELLS = Finding("cells", State.OK, "none needed here: judges take code from the queue")
_NO_LOCAL = Finding("local cell", State.MISSING, "needs torch", "see torch")


async def examine(settings: Settings) -> list[Finding]:
    """Every finding, in the order a person should read them."""
    if settings.judges == "queue" and settings.is_on_server:
        return [_NO_CELLS, *await _database(settings)]
    status = await engine_status(settings.docker_host or None, settings.image or None, settings.runtime)
    docker, _ = await _docker(settings, status)
    if settings.sandbox == "docker":  # then nothing else is ever of use
        return [docker, *_of_engine(settings, status), *await _database(settings)]
    torch = await _torch(settings.sandbox_python)
    local, unconfined = await _local(settings.sandbox_python) if torch.state is State.OK else (_NO_LOCAL, None)
    runs_local = settings.sandbox == "local" or (_asked(settings) == "auto" and status.advice)
    of_local = local_findings(unconfined) if runs_local and unconfined is not None else ()
    docker, torch, local = weighed(_asked(settings), docker, torch, local)
    if asks_others(settings):
        docker, torch, local = map(_spared, (docker, torch, local))
    return [docker, *_of_engine(settings, status), torch, local, *of_local, *await _database(settings)]


def _of_engine(settings: Settings, status: EngineStatus) -> Iterable[Finding]:
    return engine_findings(status.facts, settings.runtime) if status.facts and settings.sandbox != "local" else ()


def _asked(settings: Settings) -> str:
    return "docker" if asks_for_docker(settings.sandbox, settings.runtime) else settings.sandbox


def weighed(sandbox: str, docker: Finding, torch: Finding, local: Finding) -> tuple[Finding, Finding, Finding]:
    """The three findings, with what is missing only a warning where cells can be had without it.

    ``sandbox`` is the kind of cell asked for: ``auto``, ``docker`` or ``local``. A kind that was not asked for neither
    helps nor hurts.
    """
    wants_docker, wants_local = sandbox != "local", sandbox != "docker"
    usable = (wants_docker and docker.state is not State.MISSING) or (wants_local and local.state is not State.MISSING)
    return (
        docker if wants_docker and not usable else _spared(docker),
        torch if wants_local and not usable else _spared(torch),
        local if wants_local and not usable else _spared(local),
    )


def asks_others(settings: Settings) -> bool:
    """Whether code goes to the queue as nothing else was asked for: then cells here serve a console, if anybody."""
    return settings.is_on_server and settings.judges == "auto" and _asked(settings) == "auto"


def _spared(finding: Finding) -> Finding:
    return replace(finding, state=State.WARNING) if finding.state is State.MISSING else finding


async def _docker(settings: Settings, status: EngineStatus) -> _Tried:
    if status.advice:
        found = f"engine {status.version}" if status.reachable else "no engine"
        found += ", no image" if status.reachable and not status.image_present else ""
        return Finding("Docker", State.MISSING, found, status.advice), None
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
        return Finding("torch", State.MISSING, f"{python}: {error.strerror}", "run `make demo` or `make test` once")
    out, err = await process.communicate()
    if process.returncode:
        said = err.decode(errors="replace").strip().rpartition("\n")[2][:200]
        return Finding("torch", State.MISSING, said, f"delete {python.parent.parent} and run `make demo`")
    return Finding("torch", State.OK, f"{out.decode().strip()} in {python.parent.parent}")


async def _local(python: Path) -> _Tried:
    return await _cell("local cell", LocalCells(python), "starts")


async def _cell(name: str, cells: Cells, found: str) -> _Tried:
    try:
        async with fresh_cell(cells) as client:
            unconfined = client.readiness.unconfined
    except SandboxFault as fault:
        return Finding(name, State.MISSING, "a cell does not start", str(fault)), None
    missing = [text for bit, text in WALLS.items() if bit & unconfined]
    if missing:
        found = f"{found}, without {len(missing)} of its walls"
        return Finding(name, State.WARNING, found, "; ".join(missing)), unconfined
    return Finding(name, State.OK, f"{found}, with all of its walls"), unconfined


async def _database(settings: Settings) -> list[Finding]:
    has_queue = settings.is_on_server
    try:
        store = await open_store(settings.database_url, migrate=not has_queue)
    except StoreUnavailable as error:
        return [Finding("database", State.MISSING, "cannot be used", str(error))]
    found = [Finding("database", State.OK, store.place)]
    try:
        return [*found, await _judges(store)] if has_queue else found
    finally:
        await store.close()


async def _judges(store: SqlStore) -> Finding:
    """Whether any judge takes jobs; one that this machine has is nothing to a bot that asks none."""
    async with store.read() as work:
        is_there = await work.jobs.has_judge()
    if is_there:
        return Finding("judges", State.OK, "at work")
    return Finding("judges", State.WARNING, "none at work", "start `chainrule judge` on any machine with Docker")
