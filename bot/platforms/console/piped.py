"""Standard input that is no terminal, read without ever holding more than a line."""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
from collections.abc import AsyncIterator

from bot.platforms.console.reading import Line, LineSplitter

_CHUNK = 64 * 1024


async def lines(descriptor: int) -> AsyncIterator[Line]:
    """The lines of ``descriptor`` (a file, a pipe or a terminal), until its end."""
    splitter = LineSplitter()
    async for chunk in _chunks(descriptor):
        for line in splitter.feed(chunk):
            yield line
    for line in splitter.end():
        yield line


async def _chunks(descriptor: int) -> AsyncIterator[bytes]:
    loop = asyncio.get_running_loop()
    arrived: asyncio.Queue[bytes] = asyncio.Queue()
    wanted = threading.Semaphore(1)

    def read() -> None:
        chunk = b"-"
        while chunk and wanted.acquire():
            try:
                chunk = os.read(descriptor, _CHUNK)
            except OSError:
                chunk = b""
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody is listening any more
                loop.call_soon_threadsafe(arrived.put_nowait, chunk)

    # epoll refuses regular files, and a pool's thread would keep the process until its read returns.
    threading.Thread(target=read, name="stdin", daemon=True).start()
    while chunk := await arrived.get():
        yield chunk
        wanted.release()
