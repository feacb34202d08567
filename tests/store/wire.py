"""Between the store and its server: a network that fails."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import socket
import struct

from sqlalchemy import make_url

_SO_ATTACH_FILTER = 26
_RETURN = 6
"""Both are Linux's, and `socket` has no names for them."""


class Wire:
    """A way to the server over TCP on which everything can stand still, or whose host can vanish."""

    def __init__(self, url: str) -> None:
        self._there = make_url(url)
        self.flows = asyncio.Event()
        self.flows.set()
        self.stops_at = b""
        """What has everything stand still when it comes by for the first time."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._sockets: list[socket.socket] = []

    def vanish(self) -> None:
        """As of now nothing that is sent here on any connection is so much as acknowledged; new ones are as before."""
        # A filter of one instruction: of every packet nothing is let through.
        nothing = ctypes.create_string_buffer(struct.pack("HBBI", _RETURN, 0, 0, 0))
        program = struct.pack("HL", 1, ctypes.addressof(nothing))
        for each in self._sockets:
            each.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, program)
        self._sockets.clear()

    async def __aenter__(self) -> Wire:
        self._server = await asyncio.start_server(self._connect, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        here = self._there.set(host="127.0.0.1", port=port, query={})
        self.url = here.render_as_string(hide_password=False)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._sockets.append(writer.get_extra_info("socket"))
        directory = self._there.query["host"]
        there = await asyncio.open_unix_connection(f"{directory}/.s.PGSQL.{self._there.port or 5432}")
        for source, sink in ((reader, there[1]), (there[0], writer)):
            task = asyncio.create_task(self._carry(source, sink))
            self._tasks.add(task)

    async def _carry(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while content := await source.read(65_536):
                if self.stops_at and self.stops_at in content:
                    self.stops_at = b""
                    self.flows.clear()
                await self.flows.wait()
                sink.write(content)
                await sink.drain()
        await self.flows.wait()
        sink.close()
