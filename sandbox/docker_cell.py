"""A cell in a Docker container: the run options that confine it, and its attach stream. The only importer of docker.

The engine is reached by a Unix socket or by plain TCP. Whatever it answers, callers see a :class:`SandboxFault`
with a sentence about what to do.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import docker
from docker.errors import APIError, DockerException, ImageNotFound
from docker.types import LogConfig, Ulimit

from sandbox.demultiplexing import Demultiplexed
from sandbox.engine_facts import (
    HOW_TO_BUILD,
    EngineStatus,
    facts_from,
    refuses_runtime,
    silence_remedy,
    unknown_runtime,
)
from sandbox.image import HERE, image_tag
from sandbox.owner import describe_self, has_ended, is_dead
from sandbox.protocol import SandboxFault
from sandbox.slots import Slot, SlotTaken

DEFAULT_HOST = "unix:///var/run/docker.sock"
LABEL = "chainrule.cell"
NAME = "chainrule-cell-{}"
"""A container is named after its slot: an engine has no two of one name."""
MEMORY_BYTES = 1 << 30
STARTING_SHARES, USUAL_SHARES = 128, 1024
"""Importing torch takes seconds of a processor, during which the cells beside it have learners waiting."""
_ENGINE_SECONDS = 30
_CONFLICT = 409
_GONE = (404, _CONFLICT)


class DockerStreams:
    """The attach stream of one container."""

    def __init__(
        self, client: docker.APIClient, container: str, reader: Demultiplexed, *, is_held_back: bool = False
    ) -> None:
        self.reader: asyncio.StreamReader = reader
        self._demultiplexed = reader
        self._client = client
        self._container = container
        self._is_held_back = is_held_back
        self._writer: asyncio.StreamWriter | None = None

    async def open(self, attached: socket.socket) -> None:
        """Read and write ``attached`` from now on."""
        loop = asyncio.get_running_loop()
        protocol = asyncio.StreamReaderProtocol(self._demultiplexed, loop=loop)
        transport, _ = await loop.create_connection(lambda: protocol, sock=attached)
        self._writer = asyncio.StreamWriter(transport, protocol, self._demultiplexed, loop)

    def write(self, data: bytes) -> None:
        """Queue bytes for the cell."""
        assert self._writer is not None
        self._writer.write(data)

    async def drain(self) -> None:
        """Wait until the cell has taken what was written. Raises :class:`SandboxFault`."""
        assert self._writer is not None
        try:
            await self._writer.drain()
        except OSError as error:
            raise SandboxFault(f"a cell is gone {self.diagnostics()}".rstrip()) from error

    async def promote(self) -> None:
        """Give the container the usual share of the processors. Raises :class:`SandboxFault`."""
        if self._is_held_back:
            await asyncio.to_thread(_promote, self._client, self._container)

    async def kill(self) -> None:
        """End the container at once; idempotent. Raises :class:`SandboxFault` when the engine does not answer."""
        self._demultiplexed.discarding = True
        if self._writer is not None:
            # The engine cannot end a container whose output nobody reads.
            with contextlib.suppress(RuntimeError):
                self._writer.transport.resume_reading()  # type: ignore[attr-defined]
        try:
            await asyncio.to_thread(_kill, self._client, self._container)
        finally:
            if self._writer is not None:
                self._writer.close()

    def diagnostics(self) -> str:
        """What the cell wrote to standard error."""
        said = self._demultiplexed.text()
        return f"({said})" if said else ""


class DockerCells:
    """Starts cells on the engine at ``host`` from ``image``; ``runtime`` may name another one, such as ``runsc``."""

    def __init__(self, host: str | None = None, image: str | None = None, runtime: str | None = None) -> None:
        self.host = host or DEFAULT_HOST
        self.image = image or image_tag()
        self._runtime = runtime
        self._client: docker.APIClient | None = None

    @property
    def kind(self) -> str:
        """How these cells are called in messages."""
        return "docker"

    async def start(self, slot: Slot) -> DockerStreams:
        """The streams of a new cell. Raises :class:`SandboxFault`."""
        launching = asyncio.ensure_future(asyncio.to_thread(self._launch, slot))
        try:
            client, container, attached = await asyncio.shield(launching)
        except asyncio.CancelledError:
            # The thread cannot be stopped: take the container from it, or nobody would ever end it.
            with contextlib.suppress(SandboxFault):
                client, container, attached = await launching
                attached.close()
                await asyncio.to_thread(_kill, client, container)
            raise
        streams = DockerStreams(client, container, Demultiplexed(), is_held_back=bool(self._held_back()))
        await streams.open(attached)
        return streams

    async def sweep(self) -> int:
        """Remove the containers of judges of this host that are dead; how many. Raises :class:`SandboxFault`."""
        return await asyncio.to_thread(self._sweep)

    def _launch(self, slot: Slot) -> tuple[docker.APIClient, str, socket.socket]:
        with _translated(self.host, self.image, self._runtime):
            client = self._connected()
            container = self._create(client, slot)
            try:
                attached = _attach(client, container)
                client.start(container)
            except BaseException:
                client.remove_container(container, force=True)
                raise
            return client, container, attached

    def _create(self, client: docker.APIClient, slot: Slot) -> str:
        try:
            made = client.create_container(
                self.image,
                command=[str(slot.uid_base)],
                name=NAME.format(slot.number),
                stdin_open=True,
                labels={LABEL: describe_self()},
                network_disabled=True,
                # What a proxy of the judge's wants to know is nothing for a learner's environment.
                use_config_proxy=False,
                host_config={**confinement(client, self._runtime), **self._held_back()},
            )
        except APIError as error:
            if error.status_code == _CONFLICT:
                raise SlotTaken(f"another judge of the engine at {self.host} holds slot {slot.number}") from error
            raise
        return str(made["Id"])

    def _held_back(self) -> dict[str, int]:
        # Not every other runtime can give a container more once it runs: gVisor cannot.
        return {} if self._runtime else {"CpuShares": STARTING_SHARES}

    def _sweep(self) -> int:
        removed = 0
        with _translated(self.host, self.image):
            client = self._connected()
            for found in client.containers(all=True, filters={"label": LABEL}):
                if is_dead(found["Labels"][LABEL], has_ended=has_ended(found, time.time())):
                    with _unless_gone():
                        client.remove_container(found["Id"], force=True)
                        removed += 1
        return removed

    def _connected(self) -> docker.APIClient:
        if self._client is None:
            self._client = engine_client(self.host)
        return self._client


async def engine_status(host: str | None = None, image: str | None = None, runtime: str | None = None) -> EngineStatus:
    """Look at the engine, for the image and for the runtime; never raises for what it finds."""
    return await asyncio.to_thread(_status, host or DEFAULT_HOST, image or image_tag(), runtime or "")


def _status(host: str, image: str, runtime: str) -> EngineStatus:
    status = EngineStatus(host, image)
    try:
        with _translated(host, image):
            client = engine_client(host)
            status = replace(status, version=str(client.version()["Version"]))
            facts = facts_from(client.info())
            status = replace(status, facts=facts)
            client.inspect_image(image)  # type: ignore[no-untyped-call]
            status = replace(status, image_present=True)
    except SandboxFault as fault:
        return replace(status, advice=str(fault))
    if runtime and not facts.may_know(runtime):
        return replace(status, advice=unknown_runtime(runtime, facts.runtimes))
    return status


def engine_client(host: str) -> docker.APIClient:
    """A client of the engine at ``host``. Raises :class:`SandboxFault`, and docker's own errors."""
    if not host.startswith(("unix://", "tcp://", "http://")):
        raise SandboxFault(f"{host}: only unix:// and plain tcp:// engines are supported; set DOCKER_HOST to one")
    client = docker.APIClient(base_url=host, version="auto", timeout=_ENGINE_SECONDS)
    # It would keep a connection open for each of the last 25 addresses, and each container has addresses of its own.
    client.headers["Connection"] = "close"
    return client


def confinement(client: docker.APIClient, runtime: str | None) -> dict[str, Any]:
    """The run options of a cell's container."""
    return client.create_host_config(
        auto_remove=True,
        network_mode="none",
        ipc_mode="none",
        cgroupns="private",
        read_only=True,
        tmpfs={"/tmp": "rw,noexec,nosuid,nodev,size=32m,nr_inodes=2k"},  # noqa: S108 (the container's own)
        cap_drop=["ALL"],
        cap_add=["SETUID", "SETGID"],
        security_opt=["no-new-privileges", f"seccomp={(HERE / 'seccomp.json').read_text()}"],
        pids_limit=64,
        mem_limit=MEMORY_BYTES,
        memswap_limit=MEMORY_BYTES,
        nano_cpus=1_000_000_000,
        ulimits=[Ulimit(name="core", soft=0, hard=0), Ulimit(name="nofile", soft=128, hard=128)],
        log_config=LogConfig(type="none"),
        runtime=runtime,
    )


def _attach(client: docker.APIClient, container: str) -> socket.socket:
    """The attach stream, before the container's start so that no byte of it is missed."""
    response = client.attach_socket(container, params={"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1})
    attached = socket.socket(fileno=os.dup(response.fileno()))
    response.close()
    attached.setblocking(False)
    return attached


def _promote(client: docker.APIClient, container: str) -> None:
    with _translated(client.base_url, ""):
        client.update_container(container, cpu_shares=USUAL_SHARES)


def _kill(client: docker.APIClient, container: str) -> None:
    with _translated(client.base_url, ""), _unless_gone():
        client.kill(container)


@contextlib.contextmanager
def _unless_gone() -> Iterator[None]:
    try:
        yield
    except APIError as error:
        if error.status_code not in _GONE:
            raise


@contextlib.contextmanager
def _translated(host: str, image: str, runtime: str | None = None) -> Iterator[None]:
    """Docker's errors as faults that say what to do."""
    try:
        yield
    except ImageNotFound as error:
        raise SandboxFault(f"the engine at {host} has no image {image}; {HOW_TO_BUILD}") from error
    except APIError as error:
        if runtime and refuses_runtime(str(error.explanation)):
            raise SandboxFault(unknown_runtime(runtime)) from error
        raise SandboxFault(f"the Docker engine refused: {error.explanation}") from error
    except (DockerException, OSError) as error:
        raise SandboxFault(f"no Docker engine answers at {host}; {silence_remedy(host)}") from error
