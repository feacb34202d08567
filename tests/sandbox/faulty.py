"""Cells and an engine that a test can harm while they run, and submissions whose right report is known."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from sandbox.cell_client import Streams
from sandbox.frames import UIDS_PER_CELL, Kind, pack_header
from sandbox.pool import Cells
from sandbox.protocol import Ending, Job, Report, SandboxFault
from sandbox.slots import Slot
from tests.sandbox.jobs import answer, floats
from tests.sandbox.leased import first_process

_JOB = pack_header(Kind.JOB, 0, 0)[:4]


class Tapped:
    """A cell's streams, of which what the cell says can be cut off, and what it is told be falsified."""

    def __init__(self, streams: Streams, slot: Slot, *, fails_canary: bool = False, fatal: bytes = b"") -> None:
        self.reader = asyncio.StreamReader(limit=1 << 20)
        self.streams = streams
        self.slot = slot
        self.cut_at: Callable[[int], int] | None = None
        """Where in the next bytes that come, given their number, to end the stream."""
        self.ended = False
        self.jobs = 0
        self.was_doomed = False
        self.fails_canary = fails_canary
        self._fatal = fatal
        self._pumping = asyncio.create_task(self._pump())

    async def _pump(self) -> None:
        try:
            while data := await self.streams.reader.read(1 << 16):
                if self.cut_at is not None and len(data) > 1:
                    self.reader.feed_data(data[: self.cut_at(len(data))])
                    break
                self.reader.feed_data(data)
        except (OSError, SandboxFault) as error:
            self.reader.set_exception(error)
        else:
            self.reader.feed_eof()
        self.ended = True

    def write(self, data: bytes) -> None:
        if self.fails_canary:
            data = data.replace(b"(x * x).sum()", b"(x + x).sum()")
        self.streams.write(data)
        self.jobs += data.startswith(_JOB)
        if self._fatal and self._fatal in data:
            self.was_doomed = True
            self.reader.feed_eof()

    async def drain(self) -> None:
        await self.streams.drain()

    async def promote(self) -> None:
        await self.streams.promote()

    async def kill(self) -> None:
        await self.streams.kill()
        self._pumping.cancel()
        self.ended = True

    def diagnostics(self) -> str:
        return self.streams.diagnostics()

    def first_process(self) -> psutil.Process:
        """Raises :class:`psutil.NoSuchProcess`."""
        return first_process(self.slot)

    def processes(self) -> tuple[list[psutil.Process], list[psutil.Process]]:
        """The cell's own processes, and its children that are, or wait to be, a learner's."""
        own, learners = [], []
        with contextlib.suppress(psutil.Error):
            first = self.first_process()
            for process in (first, *first.children(recursive=True)):
                with contextlib.suppress(psutil.Error):
                    is_learners = process.uids().real in self.learners_users
                    (learners if is_learners else own).append(process)
        return own, learners

    @property
    def learners_users(self) -> range:
        return range(self.slot.uid_base, self.slot.uid_base + UIDS_PER_CELL - 1)


@dataclass
class FaultyCells:
    """Cells of either kind, tapped."""

    cells: Cells
    started: list[Tapped] = field(default_factory=list)
    refused_starts: int = 0
    spoiled_starts: int = 0
    fatal: bytes = b""
    """A job with this in it ends any cell, which is what a killer submission looks like."""

    @property
    def kind(self) -> str:
        return self.cells.kind

    async def start(self, slot: Slot) -> Tapped:
        if self.refused_starts:
            self.refused_starts -= 1
            raise SandboxFault("no space left on device")
        fails = self.spoiled_starts > 0
        self.spoiled_starts -= fails
        tapped = Tapped(await self.cells.start(slot), slot, fails_canary=fails, fatal=self.fatal)
        self.started.append(tapped)
        return tapped

    @property
    def running(self) -> list[Tapped]:
        return [tapped for tapped in self.started if not tapped.ended]


class Gate:
    """A socket that leads to the engine's while it is open; closing it cuts every connection, as a crash would."""

    def __init__(self, place: Path, engine: str) -> None:
        self.place = place
        self.engine = engine.removeprefix("unix://")
        self.server: asyncio.Server | None = None
        self.writers: list[asyncio.StreamWriter] = []

    async def open(self) -> None:
        self.server = await asyncio.start_unix_server(self._join, self.place)

    async def close(self) -> None:
        assert self.server is not None
        self.server.close()
        self.place.unlink()
        for writer in self.writers:
            writer.transport.abort()
        self.writers.clear()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        theirs, ours = await asyncio.open_unix_connection(self.engine)
        self.writers += [writer, ours]
        await asyncio.gather(_pump(reader, ours), _pump(theirs, writer))


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    with contextlib.suppress(OSError, RuntimeError):
        writer.write_eof()


@dataclass(frozen=True)
class Submission:
    """``right`` says whether a report is the one this code must get, and nobody else's."""

    what: str
    job: Job
    right: Callable[[Report], bool]


def _returned(*numbers: float) -> Callable[[Report], bool]:
    return lambda report: report.ending is Ending.COMPLETED and report.trials == ({"result": floats(*numbers)},)


def _ended(ending: Ending, detail: str = "") -> Callable[[Report], bool]:
    return lambda report: report.ending is ending and detail in report.detail


def _kinds(n: int) -> Iterator[Submission]:
    yield Submission("right", answer(f"def f(x): return x * {n}"), _returned(2.0 * n, 3.0 * n))
    yield Submission(
        "returns much",  # more than fits in a pipe, so that it waits for whoever reads
        answer(f"def f(x): return (x * {n}).repeat(50_000)", wall_ms=1500),
        _returned(*(2.0 * n, 3.0 * n) * 50_000),
    )
    yield Submission("wrong", answer(f"def f(x): return x + {n}"), _returned(2.0 + n, 3.0 + n))
    yield Submission(
        "raises",
        answer(f"def f(x): raise ValueError('{n}')"),
        lambda report: report.failure is not None and report.failure.message == str(n),
    )
    yield Submission(
        "prints",
        answer(f"def f(x):\n    print('number {n}')\n    return x"),
        lambda report: report.output == f"number {n}\n",
    )
    yield Submission(
        "thinks",
        answer(f"import time\ndef f(x):\n    time.sleep(0.15)\n    return x - {n}"),
        _returned(2.0 - n, 3.0 - n),
    )
    yield Submission("spins", answer("while True: pass", wall_ms=250), _ended(Ending.TIME_LIMIT))
    yield Submission("sleeps", answer("import time\ntime.sleep(60)", wall_ms=250), _ended(Ending.TIME_LIMIT))
    yield Submission("allocates", answer("import torch\ntorch.empty(2**40)"), _ended(Ending.MEMORY_LIMIT))
    yield Submission("floods", answer("while True: print('a' * 1000)"), _ended(Ending.OUTPUT_LIMIT))
    code = n % 200 + 1
    yield Submission("exits", answer(f"import os\nos._exit({code})"), _ended(Ending.CRASHED, f"status {code} "))


def submissions(count: int, draw: random.Random) -> list[Submission]:
    """``count`` of them in random order: each kind there is, and more that return than not."""
    kinds = len(list(_kinds(0)))
    wanted = [number % kinds for number in range(count // 2)] + [0, 2] * (count // 4)
    draw.shuffle(wanted)
    return [list(_kinds(number))[kind] for number, kind in enumerate(wanted)]


def signal_all(processes: list[psutil.Process], number: int) -> bool:
    """Whether there was one to be signalled."""
    reached = False
    for process in processes:
        with contextlib.suppress(psutil.Error, ProcessLookupError):
            os.kill(process.pid, number)
            reached = True
    return reached
