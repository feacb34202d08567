"""The way to a Docker engine, which a test may bar for one judge without anybody else noticing."""

from __future__ import annotations

import asyncio
import contextlib
import os
from pathlib import Path

CHUNK = 1 << 16


class Door:
    """Relays a Unix socket of its own to the engine at ``host`` while it is open; use as an asynchronous context
    manager."""

    def __init__(self, path: Path, host: str) -> None:
        self.host = f"unix://{path}"
        self._path = path
        self._engine = host
        self._server: asyncio.Server | None = None
        self._passing: set[asyncio.StreamWriter] = set()

    async def __aenter__(self) -> Door:
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.bar()

    async def open(self) -> None:
        """Let through whoever comes."""
        if self._server is None:
            self._server = await asyncio.start_unix_server(self._pass, self._path)

    def bar(self) -> None:
        """Cut off everybody who is talking, and let nobody in."""
        if self._server is not None:
            self._server.close()
            self._server = None
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self._path)
        for writer in self._passing:
            writer.transport.abort()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, beyond = await self._through()
        both = {writer, beyond}
        self._passing |= both
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(_relay(reader, beyond))
                group.create_task(_relay(there, writer))
        finally:
            self._passing -= both
            for each in both:
                each.transport.abort()

    async def _through(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        kind, _, place = self._engine.partition("://")
        if kind == "unix":
            return await asyncio.open_unix_connection(place)
        host, _, port = place.rpartition(":")
        return await asyncio.open_connection(host, int(port))


async def _relay(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while piece := await source.read(CHUNK):
            target.write(piece)
            await target.drain()
        # Whoever attaches to a container may be through with talking, and still listen.
        target.write_eof()
