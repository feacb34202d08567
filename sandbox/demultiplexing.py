"""The attach stream of a container: what was written where, out of the engine's mixture."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Iterable
from typing import SupportsIndex

from sandbox.protocol import SandboxFault

_READ_AHEAD = 1 << 20
_MAX_STDERR = 4000
_MULTIPLEX = struct.Struct(">BxxxL")
_STDOUT, _STDERR = 1, 2


class Demultiplexed(asyncio.StreamReader):
    """What the cell wrote to standard output, out of the engine's eight-byte-headed mixture of streams."""

    def __init__(self) -> None:
        super().__init__(limit=_READ_AHEAD)
        self.said = bytearray()
        self.discarding = False
        self._mixed = bytearray()

    def feed_data(self, data: Iterable[SupportsIndex]) -> None:
        """Take bytes off the attach stream; a byte on standard error is a fault, never data."""
        if self.discarding:
            return
        self._mixed += bytes(data)
        start = 0
        while len(self._mixed) - start >= _MULTIPLEX.size:
            stream, length = _MULTIPLEX.unpack_from(self._mixed, start)
            end = start + _MULTIPLEX.size + length
            if len(self._mixed) < end:
                break
            self._take(stream, bytes(self._mixed[start + _MULTIPLEX.size : end]))
            start = end
        del self._mixed[:start]

    def _take(self, stream: int, part: bytes) -> None:
        if stream == _STDOUT:
            super().feed_data(part)
            return
        self.said += part[: _MAX_STDERR - len(self.said)]
        what = "wrote to standard error" if stream == _STDERR else f"sent stream {stream}"
        self.set_exception(SandboxFault(f"a cell {what}: {self.text()}"))

    def text(self) -> str:
        """What came on standard error, readable."""
        return bytes(self.said).decode("utf-8", "replace").strip()
