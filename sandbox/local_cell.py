"""A cell without a container engine: the same program as a confined process, for people running their own code."""

from __future__ import annotations

import asyncio
import asyncio.subprocess
import contextlib
import os
from collections.abc import Sequence
from pathlib import Path

from sandbox.protocol import SandboxFault
from sandbox.slots import Slot

_PROGRAM = Path(__file__).resolve().parent / "cell" / "__main__.py"
_MAX_STDERR = 4000
_READ_AHEAD = 1 << 20
_KEEPER_SECONDS = 2.0


class LocalStreams:
    """The pipes of a local cell's process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        self.reader = process.stdout
        self.pid = process.pid
        self._process = process
        self._said = bytearray()
        self._listening = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        assert self._process.stderr is not None
        while part := await self._process.stderr.read(4096):
            self._said += part[: _MAX_STDERR - len(self._said)]

    def write(self, data: bytes) -> None:
        """Queue bytes for the cell."""
        assert self._process.stdin is not None
        self._process.stdin.write(data)

    async def drain(self) -> None:
        """Wait until the cell has taken what was written. Raises :class:`SandboxFault`."""
        assert self._process.stdin is not None
        try:
            await self._process.stdin.drain()
        except ConnectionError as error:
            raise SandboxFault(f"a cell is gone {self.diagnostics()}".rstrip()) from error

    async def promote(self) -> None:
        """It never gave way: without a container, only root could take that back."""

    async def kill(self) -> None:
        """Have the keeper kill the leader, and with it all below; a keeper that does not answer is killed too."""
        with contextlib.suppress(ProcessLookupError):
            self._process.terminate()
        try:
            async with asyncio.timeout(_KEEPER_SECONDS):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
        assert self._process.stdin is not None
        self._process.stdin.close()
        await asyncio.gather(self._listening, return_exceptions=True)

    def diagnostics(self) -> str:
        """What the cell wrote to standard error."""
        said = bytes(self._said).decode("utf-8", "replace").strip()
        return f"({said})" if said else ""


class LocalCells:
    """Starts local cells with ``python``, an interpreter that has torch."""

    def __init__(self, python: Path) -> None:
        self._python = python

    @property
    def kind(self) -> str:
        """How these cells are called in messages."""
        return "local"

    async def start(self, slot: Slot) -> LocalStreams:
        """The streams of a new cell. Raises :class:`SandboxFault`."""
        try:
            process = await asyncio.create_subprocess_exec(
                *self._command(slot),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
                # Ctrl-C in a terminal reaches the whole foreground group; a cell must outlive it.
                start_new_session=True,
                limit=_READ_AHEAD,
            )
        except OSError as error:
            raise SandboxFault(f"{self._python} cannot be started: {error.strerror}; run `make demo` once") from error
        return LocalStreams(process)

    def _command(self, slot: Slot) -> Sequence[str]:
        uid_base = str(slot.uid_base) if os.getuid() == 0 else "-"
        return (str(self._python), "-I", str(_PROGRAM), uid_base, "jail")
