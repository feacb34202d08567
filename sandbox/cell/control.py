"""The leader's end of the control stream, and the pipes it joins to it without reading what flows through."""

from __future__ import annotations

import array
import fcntl
import os
import termios

from sandbox.frames import CONTROL, JOB_LIMITS, Header, Kind, pack_header, unpack_header
from sandbox.protocol import Limits

_CHUNK = 1 << 20


class JudgeGone(Exception):
    """The control stream ended: nobody waits for anything any more."""


class Control:
    """Fixed headers are read and written here; bodies are spliced past."""

    def __init__(self, incoming: int, outgoing: int) -> None:
        self.incoming = incoming
        self._outgoing = outgoing
        self._null = os.open(os.devnull, os.O_WRONLY)

    def read_header(self) -> Header:
        """The next header. Raises :class:`JudgeGone`, and FrameError for what is none."""
        return unpack_header(self._read_exactly(CONTROL.size))

    def read_limits(self) -> Limits:
        """What follows the header of a job. Raises :class:`JudgeGone`."""
        return Limits(*JOB_LIMITS.unpack(self._read_exactly(JOB_LIMITS.size)))

    def send(self, kind: Kind, job: int, body: bytes = b"") -> None:
        """Write one frame of our own making. Raises :class:`JudgeGone`."""
        data = memoryview(pack_header(kind, job, len(body)) + body)
        while data:
            data = data[self._written(data) :]

    def forward(self, kind: Kind, job: int, source: int, length: int, prefix: bytes = b"") -> None:
        """Write one frame of ``prefix`` and ``length`` bytes that wait in the pipe ``source``."""
        self._written(pack_header(kind, job, len(prefix) + length) + prefix)
        try:
            while length:
                length -= os.splice(source, self._outgoing, length)
        except BrokenPipeError:
            raise JudgeGone from None

    def _written(self, data: bytes | memoryview) -> int:
        try:
            return os.write(self._outgoing, data)
        except BrokenPipeError:
            raise JudgeGone from None

    def hand_over(self, target: int, length: int) -> None:
        """Move ``length`` bytes of the stream into the pipe ``target``. Raises :class:`JudgeGone`."""
        while length:
            try:
                moved = os.splice(self.incoming, target, min(length, _CHUNK))
            except BrokenPipeError:
                # The child is gone; what is left still has to leave the stream.
                target = self._null
                continue
            if moved == 0:
                raise JudgeGone
            length -= moved

    def _read_exactly(self, count: int) -> bytes:
        raw = b""
        while len(raw) < count:
            part = os.read(self.incoming, count - len(raw))
            if not part:
                raise JudgeGone
            raw += part
        return raw


def waiting(descriptor: int) -> int:
    """Bytes that can be read from a pipe at once."""
    count = array.array("i", [0])
    fcntl.ioctl(descriptor, termios.FIONREAD, count)
    return count[0]
