"""The processes of a deployment as an operator starts them, and as whatever ends them finds them."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from tests.queued.waiting import until

ROOT = Path(__file__).parents[2]
READY_SECONDS = 90.0
SETTINGS = ("CHAINRULE_", "DISCORD_", "SLACK_", "DOCKER_", "DATABASE_")


class Process:
    """``chainrule`` with one command, which may live several times. ``ready`` is what it says once it is at work."""

    def __init__(self, name: str, command: str, ready: str, log: Path, settings: Mapping[str, str]) -> None:
        self.name = name
        self._command = (sys.executable, "-m", "bot", command)
        self._ready = ready
        self._log = log
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(SETTINGS)}
        self._environment = inherited | dict(settings)
        self._process: asyncio.subprocess.Process | None = None
        self._said_before = 0

    @property
    def pid(self) -> int:
        """Of the life it lives now."""
        assert self._process is not None
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether it lives."""
        return self._process is not None and self._process.returncode is None

    def says(self) -> str:
        """What it said on standard error in this life."""
        with self._log.open("rb") as said:
            said.seek(self._said_before)
            return said.read().decode(errors="replace")

    @property
    def is_ready(self) -> bool:
        """Whether it said in this life that it is at work."""
        return self.is_running and self._ready in self.says()

    async def start(self) -> None:
        """Begin another life."""
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
            assert self.is_running, f"{self.name} ended by itself: {self.says()}"
            return text in self.says()[said:]

        try:
            await until(says, seconds)
        except TimeoutError:
            raise AssertionError(f"{self.name} did not say {text!r}, but: {self.says()}") from None

    async def kill(self) -> None:
        """From outside, without warning."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        assert await self._process.wait() == -signal.SIGKILL, f"{self.name} ended by itself: {self.says()}"

    async def stop(self) -> float:
        """As an operator or a compose file does; how many seconds it took."""
        assert self._process is not None
        began = time.monotonic()
        self._process.send_signal(signal.SIGTERM)
        assert await self._process.wait() == 128 + signal.SIGTERM, f"{self.name}: {self.says()}"
        return time.monotonic() - began

    async def end(self) -> None:
        """However it does."""
        if self.is_running:
            await self.kill()
