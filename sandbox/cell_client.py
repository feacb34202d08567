"""The judge's side of one cell: sends a job, gathers frames, and says what happened."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Protocol

from sandbox.frames import (
    CONTROL,
    JOB_LIMITS,
    READY_BODY,
    RESULT_HEAD,
    End,
    Header,
    Kind,
    Unconfined,
    pack_header,
    result_length,
    unpack_end,
    unpack_header,
)
from sandbox.outcome import ended, finished
from sandbox.protocol import Job, Limits, Report, SandboxFault
from sandbox.values import FrameError

START_SECONDS = 60.0
SILENCE_SECONDS = 10.0
"""How long beyond a job's own limit a cell may stay silent before it counts as lost."""
PONG_SECONDS = 3.0
"""How long a cell without work may take to say that it is alive; nobody waits for it meanwhile but for its use."""


class Unsendable(SandboxFault):
    """The job itself exceeds what can be sent; the cell has not heard of it."""


class Streams(Protocol):
    """A cell's control streams, however it was started; every failure is a :class:`SandboxFault`."""

    reader: asyncio.StreamReader

    def write(self, data: bytes) -> None:
        """Queue bytes for the cell."""

    async def drain(self) -> None:
        """Wait until the cell has taken what was written."""

    async def promote(self) -> None:
        """Let the cell compute as fast as any other: until now, while it started, it gave way to them."""

    async def kill(self) -> None:
        """End the cell at once, whatever state it is in; idempotent."""

    def diagnostics(self) -> str:
        """What the cell said on its way out, for the log and for a fault's message."""


@dataclass(frozen=True, slots=True)
class Readiness:
    """What a cell says once it is up; sizes in kB."""

    vm_size_kb: int
    pss_kb: int
    unconfined: Unconfined


async def to_the_end(closing: Coroutine[None, None, None]) -> None:
    """Await ``closing``; a cancellation meanwhile is kept back until it is done."""
    task = asyncio.ensure_future(closing)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await task
        raise


class CellClient:
    """One running cell. One job at a time: await :meth:`settled` before the next :meth:`run`."""

    def __init__(self, streams: Streams, readiness: Readiness) -> None:
        self.readiness = readiness
        self.jobs_run = 0
        self.children = 0
        """How many it has forked, as far as it has told."""
        self.worn = False
        """Something happened after which the cell must not be lent again."""
        self._streams = streams
        self._numbers = itertools.count(1)
        self._settling: asyncio.Task[End] | None = None

    @classmethod
    async def connect(cls, streams: Streams) -> CellClient:
        """The client of a cell that is starting, once it is ready. Raises :class:`SandboxFault`."""
        try:
            async with asyncio.timeout(START_SECONDS):
                header, body = await _receive(streams)
            readiness = _read_readiness(header, body)
            await streams.promote()
            return cls(streams, readiness)
        except BaseException as error:
            # Also when nobody waits for it any more: what was started must not stay.
            await to_the_end(streams.kill())
            if isinstance(error, TimeoutError):
                said = streams.diagnostics()
                raise SandboxFault(f"a cell did not start within {START_SECONDS:.0f} s {said}".rstrip()) from None
            raise

    @property
    def gone(self) -> bool:
        """Whether the cell's stream has ended already."""
        return self._streams.reader.at_eof() or self._streams.reader.exception() is not None

    async def run(self, job: Job) -> Report:
        """Run one job; returns at its complete frame, or when it ended without one. Raises :class:`SandboxFault`."""
        await self.settled()
        started = time.perf_counter()
        number = next(self._numbers)
        self.jobs_run += 1
        try:
            body = job.encode()
        except FrameError as error:
            raise Unsendable(f"a job that cannot be sent: {error}") from error
        limits = JOB_LIMITS.pack(job.limits.wall_ms, job.limits.output_bytes, job.limits.result_bytes)
        self._streams.write(pack_header(Kind.JOB, number, len(body)) + limits + body)
        conversation = _Conversation(self._streams, number, job.limits)
        try:
            async with asyncio.timeout(job.limits.wall_ms / 1000 + SILENCE_SECONDS):
                await self._streams.drain()
                end = await conversation.until_frame_or_end()
        except TimeoutError:
            raise SandboxFault("a cell fell silent") from None
        except asyncio.CancelledError:
            # Nobody waits for this answer any more: end the child so that the cell is free again.
            self._streams.write(pack_header(Kind.KILL, number, 0))
            self._settling = asyncio.create_task(conversation.until_end())
            raise
        wall_ms = (time.perf_counter() - started) * 1000
        output = bytes(conversation.output).decode("utf-8", "replace")
        if end is None:
            self._settling = asyncio.create_task(conversation.until_end())
            return finished(bytes(conversation.result[RESULT_HEAD.size :]), output, wall_ms)
        self._note(end)
        return ended(end, job.limits, output, wall_ms)

    async def settled(self) -> None:
        """Wait until the last child is gone and the next one parked. Raises :class:`SandboxFault`."""
        if self._settling:
            try:
                async with asyncio.timeout(SILENCE_SECONDS):
                    # Whoever waits may go away: the end that is still to come has to be read all the same.
                    end = await asyncio.shield(self._settling)
            except TimeoutError:
                raise SandboxFault("a cell fell silent while clearing up") from None
            self._settling = None
            self._note(end)

    async def ping(self) -> None:
        """Ask an idle cell for a sign of life. Raises :class:`SandboxFault`."""
        await self.settled()
        self._streams.write(pack_header(Kind.PING, 0, 0))
        try:
            async with asyncio.timeout(PONG_SECONDS):
                await self._streams.drain()
                header, _ = await _receive(self._streams)
        except TimeoutError:
            raise SandboxFault("a cell does not answer") from None
        if header.kind is not Kind.PONG:
            raise SandboxFault("a cell answered a ping with something else")

    async def kill(self) -> None:
        """End the cell; idempotent."""
        if self._settling:
            self._settling.cancel()
            await asyncio.gather(self._settling, return_exceptions=True)
            self._settling = None
        await self._streams.kill()

    def _note(self, end: End) -> None:
        self.children = end.children
        self.worn = self.worn or end.leftovers or end.oom_kills > 0


class _Conversation:
    """The frames of one job, gathered; a cell that sends more than the job's limits allow, or without end, is lost."""

    def __init__(self, streams: Streams, number: int, limits: Limits) -> None:
        self.output = bytearray()
        self.result = bytearray()
        self._streams = streams
        self._number = number
        self._limits = limits

    async def until_frame_or_end(self) -> End | None:
        """Gather until the result frame is complete (None) or the child ended without one."""
        while True:
            end = await self._next()
            if end is not None or self._frame_complete():
                return end

    async def until_end(self) -> End:
        """Gather until the child is gone."""
        while True:
            end = await self._next()
            if end is not None:
                return end

    async def _next(self) -> End | None:
        header, body = await _receive(self._streams)
        if header.job != self._number:
            raise SandboxFault(f"a frame of job {header.job} during job {self._number}")
        match header.kind:
            case Kind.OUTPUT:
                _add(self.output, body, self._limits.output_bytes)
            case Kind.RESULT:
                _add(self.result, body, self._limits.result_bytes + RESULT_HEAD.size)
            case Kind.END:
                return _read_end(body)
            case _:
                raise SandboxFault(f"an unexpected {header.kind.name} frame")
        return None

    def _frame_complete(self) -> bool:
        if len(self.result) < RESULT_HEAD.size:
            return False
        try:
            length = result_length(bytes(self.result[: RESULT_HEAD.size]), self._limits.result_bytes)
        except FrameError as error:
            raise SandboxFault(f"the leader passed on what is no result frame: {error}") from error
        return len(self.result) >= RESULT_HEAD.size + length


def _add(gathered: bytearray, body: bytes, limit: int) -> None:
    if not body:
        # Any number of these would fit within the limit.
        raise SandboxFault("a cell sent a frame of nothing")
    if len(gathered) + len(body) > limit:
        raise SandboxFault(f"a cell sent more than the {limit} bytes that were allowed")
    gathered += body


def _read_readiness(header: Header, body: bytes) -> Readiness:
    if header.kind is not Kind.READY or len(body) != READY_BODY.size:
        raise SandboxFault("a cell began with something other than READY")
    vm_size, pss, threads, bits = READY_BODY.unpack(body)
    if threads != 1:
        raise SandboxFault(f"a zygote with {threads} threads; its children would hang")
    return Readiness(vm_size, pss, Unconfined(bits))


def _read_end(body: bytes) -> End:
    try:
        return unpack_end(body)
    except FrameError as error:
        raise SandboxFault(str(error)) from error


async def _receive(streams: Streams) -> tuple[Header, bytes]:
    try:
        header = unpack_header(await streams.reader.readexactly(CONTROL.size))
        return header, await streams.reader.readexactly(header.length)
    except (asyncio.IncompleteReadError, OSError) as error:
        raise SandboxFault(f"a cell is gone {streams.diagnostics()}".rstrip()) from error
    except FrameError as error:
        raise SandboxFault(f"a broken control frame: {error}") from error
