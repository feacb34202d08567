"""The processes of a deployment as an operator starts them, and as whatever ends them finds them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from tests.queued.waiting import until

ROOT = Path(__file__).parents[2]
READY_SECONDS = 90.0
AGAIN_SECONDS = 0.5
SHOWN = 3_000
SETTINGS = ("CHAINRULE_", "DISCORD_", "SLACK_", "DOCKER_", "DATABASE_")


class Process:
    """``chainrule`` with one command, which may live several times. ``ready`` is what it says once it is at work.

    As a supervisor does, it is started again when it ends by itself: when the database is away as it starts.
    """

    def __init__(self, name: str, command: str, ready: str, log: Path, settings: Mapping[str, str]) -> None:
        self.name = name
        self._command = (sys.executable, "-m", "bot", command)
        self._ready = ready
        self._log = log
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(SETTINGS)}
        self._environment = inherited | {"PYTHONFAULTHANDLER": "1"} | dict(settings)
        self._process: asyncio.subprocess.Process | None = None
        self._supervising: asyncio.Task[None] | None = None
        self._said_before = 0
        self.ended_with: list[int] = []
        """Its exit codes, whenever it ended by itself."""

    def said(self) -> str:
        """What it said on standard error in all its lives."""
        return self._log.read_text(errors="replace")

    def says(self) -> str:
        """What it said on standard error in this life."""
        with self._log.open("rb") as said:
            said.seek(self._said_before)
            return said.read().decode(errors="replace")

    async def start(self) -> None:
        """Begin another life."""
        await self._spawn()
        self._supervising = asyncio.create_task(self._supervise())

    async def _supervise(self) -> None:
        assert self._process is not None
        while (code := await self._process.wait()) != 128 + signal.SIGTERM:
            print(f"{self.name} ended with {code}: {self.says()[-SHOWN:]}", flush=True)
            self.ended_with.append(code)
            await asyncio.sleep(AGAIN_SECONDS)
            await self._spawn()

    async def _spawn(self) -> None:
        with self._log.open("ab") as log:
            self._said_before = log.tell()
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                cwd=ROOT,
                env=self._environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    async def at_work(self) -> None:
        """Wait until it says so."""
        await self.until_says(self._ready)

    async def until_says(self, text: str, seconds: float = READY_SECONDS, *, said: int = 0) -> None:
        """Wait until it has said ``text`` in this life, after the first ``said`` letters."""

        async def says() -> bool:
            return text in self.says()[said:]

        try:
            await until(says, seconds)
        except TimeoutError:
            raise AssertionError(f"{self.name} did not say {text!r}, but: {self.says()}") from None

    async def kill(self) -> None:
        """From outside, without warning."""
        await self._ends(signal.SIGKILL, {-signal.SIGKILL, 1})

    async def stop(self) -> float:
        """As an operator or a compose file does; how many seconds it took."""
        began = time.monotonic()
        await self._ends(signal.SIGTERM, {128 + signal.SIGTERM})
        return time.monotonic() - began

    async def _ends(self, by: signal.Signals, codes: set[int]) -> None:
        assert self._process is not None
        assert self._supervising is not None
        self._supervising.cancel()
        await asyncio.gather(self._supervising, return_exceptions=True)
        self._supervising = None
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(by)
        ended = await self._process.wait()
        assert ended in codes, f"{self.name} ended with {ended}: {self.says()}"

    async def end(self) -> None:
        """However it does."""
        if self._supervising is not None:
            await self.kill()
