"""Standard input that is no terminal, read without ever holding more than a line."""

from __future__ import annotations

import asyncio
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
    arrived: asyncio.Queue[bytes] = asyncio.Queue(maxsize=1)

    def read() -> None:
        try:
            while True:
                chunk = os.read(descriptor, _CHUNK)
                asyncio.run_coroutine_threadsafe(arrived.put(chunk), loop).result()
                if not chunk:
                    return
        except OSError:
            asyncio.run_coroutine_threadsafe(arrived.put(b""), loop)
        except RuntimeError:
            return  # the loop is closed: nobody is listening any more

    # epoll refuses regular files, and a pool's thread would keep the process until its read returns.
    threading.Thread(target=read, name="stdin", daemon=True).start()
    while chunk := await arrived.get():
        yield chunk
