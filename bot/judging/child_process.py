"""The judge as a child process of ours: it reaches cells and holds no secret, we hold secrets and reach no cell."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import shutil
import socket
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO

import structlog

from bot.core.proving.proof import Proof
from bot.core.questions import Question, Trial
from bot.core.verdicts import Verdict
from bot.judging import wire
from bot.ports import JudgeUnavailable
from sandbox.protocol import Report

PASSED_ON = ("PATH", "LANG", "HOME", "TMPDIR", "XDG_RUNTIME_DIR")
"""Names of environment variables a judge gets; everything else, tokens above all, stays with us."""
JUDGE = (sys.executable, "-m", "bot.judging")
RETRIES = 2
RESTART_SECONDS = 0.5
MOST_LOGGED = 2 * 1024 * 1024
"""Bytes that a log may have before it is put aside, and the one that was put aside before is gone."""
SHORTEN_SECONDS = 60.0
_log = structlog.get_logger()


class _JudgeDied(Exception):
    """The process went away with a request under way; the request may simply be made again."""


class ChildProcessJudge:
    """A :class:`bot.ports.Judge` in a process of its own, started again whenever it dies.

    Use as an asynchronous context manager. ``on_status`` receives short sentences while cells start. What it writes
    for its operator is appended to the file ``log``, which is kept short, or goes to our own standard error.
    ``command`` starts a judge; the number of its socket and the configuration are added to it.
    """

    def __init__(
        self,
        config: str,
        on_status: Callable[[str], None] = lambda _: None,
        log: Path | None = None,
        command: Sequence[str] = JUDGE,
    ) -> None:
        self._config = config
        self._on_status = on_status
        self._log_path = log
        self._command = command
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[wire.Fields]] = {}
        self._writer: asyncio.StreamWriter | None = None
        self._connected = asyncio.Event()
        self._packer = wire.Packer()
        self._tasks: list[asyncio.Task[None]] = []
        self.pid: int | None = None

    async def __aenter__(self) -> ChildProcessJudge:
        self._tasks = [asyncio.create_task(work) for work in (self._keep(), self._shorten())]
        await self._connected.wait()
        return self

    async def __aexit__(self, *exc: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def judge(self, question: Question, code: str, scoring: Sequence[Trial], public: Sequence[Trial]) -> Verdict:
        """See :class:`bot.ports.Judge`."""
        fields = await self._ask(wire.judging(question, code, scoring, self._packer.pack(public)))
        return fields.verdict()

    async def run_example(self, question: Question, code: str, example: Trial) -> Report:
        """See :class:`bot.ports.Judge`."""
        return (await self._ask(wire.running_example(question, code, example))).report()

    async def draw_trials(
        self, question: Question, seeds: Sequence[int], *, with_mistakes: bool = False
    ) -> tuple[Trial, ...]:
        """See :class:`bot.ports.Judge`."""
        return (await self._ask(wire.drawing(question, seeds, with_mistakes=with_mistakes))).trials("trials")

    async def prove(self, question: Question) -> Proof:
        """See :class:`bot.ports.Judge`."""
        return (await self._ask(wire.proving(question))).proof()

    async def torch_version(self) -> str:
        """Which torch its cells have. Raises :class:`JudgeUnavailable` where it has none."""
        return (await self._ask(wire.asking_version())).text("torch_version")

    async def _ask(self, asked: wire.Message) -> wire.Fields:
        for _ in range(RETRIES + 1):
            try:
                fields = await self._ask_once(asked)
            except _JudgeDied:
                continue
            wire.raise_error(fields)
            return fields
        raise JudgeUnavailable("the judge process keeps dying")

    async def _ask_once(self, asked: wire.Message) -> wire.Fields:
        await self._connected.wait()
        assert self._writer is not None
        number = next(self._numbers)
        answer: asyncio.Future[wire.Fields] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        try:
            wire.send(self._writer, {"number": number, **asked})
            return await answer
        finally:
            del self._waiting[number]
            if answer.cancelled() and self._writer:
                wire.send(self._writer, {"number": number, "verb": "cancel"})

    async def _keep(self) -> None:
        while True:
            try:
                await self._live_once()
            except Exception:  # without a keeper every request would wait for ever
                _log.exception("the judge process failed; starting another")
            await asyncio.sleep(RESTART_SECONDS)

    async def _live_once(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                process = await self._start(theirs)
            except BaseException:
                ours.close()
                raise
        reader, self._writer = await asyncio.open_connection(sock=ours)
        self.pid = process.pid
        self._connected.set()
        try:
            await self._listen(reader)
        finally:
            self._connected.clear()
            self._writer.close()
            for answer in self._waiting.values():
                if not answer.done():
                    answer.set_exception(_JudgeDied())
            # The end of its socket tells it to close its cells; only a judge that hangs is killed.
            await asyncio.shield(_end(process))

    async def _start(self, theirs: socket.socket) -> asyncio.subprocess.Process:
        environment = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        with self._opened_log() as log:
            return await asyncio.create_subprocess_exec(
                *self._command,
                str(theirs.fileno()),
                self._config,
                pass_fds=[theirs.fileno()],
                env=environment,
                stdin=asyncio.subprocess.DEVNULL,
                # Ours may be a learner's terminal, and this holds what may tell of their neighbours' answers.
                stdout=log or sys.__stderr__,
                stderr=log or sys.__stderr__,
                # Ctrl-C is for the console; a judge ends when its socket does.
                start_new_session=True,
            )

    def _opened_log(self) -> contextlib.AbstractContextManager[BinaryIO | None]:
        if self._log_path is None:
            return contextlib.nullcontext()
        try:
            return self._log_path.open("ab")
        except OSError as error:
            _log.warning("the judge's log cannot be opened", path=str(self._log_path), reason=str(error))
            return open(os.devnull, "ab")

    async def _shorten(self) -> None:
        # Not by the judge itself: what Python says of one that crashes is part of it.
        while self._log_path is not None:
            with contextlib.suppress(OSError):
                shorten(self._log_path)
            await asyncio.sleep(SHORTEN_SECONDS)

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        while fields := await wire.receive(reader):
            if "status" in fields.raw:
                self._on_status(fields.text("status"))
                continue
            answer = self._waiting.get(fields.number("number"))
            if answer and not answer.done():
                answer.set_result(fields)


def shorten(log: Path) -> None:
    """Put what a log holds aside when that is much. Whoever has it open goes on writing into it. Raises OSError."""
    if log.is_file() and log.stat().st_size > MOST_LOGGED:
        shutil.copyfile(log, log.with_name(f"{log.name}.1"))
        os.truncate(log, 0)


async def _end(process: asyncio.subprocess.Process) -> None:
    try:
        async with asyncio.timeout(10):
            await process.wait()
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
