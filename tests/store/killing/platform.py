"""The platform and its people, for a bot that is killed again and again.

Like a chat it keeps messages by their addresses, lets the bot look for its own posting, takes an edit any number of
times, and sends an event again that was not acknowledged.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
START = datetime(2026, 3, 9, 12, tzinfo=UTC)
PATIENCE = 30.0


@dataclass
class Platform:
    """What everybody sees: ``messages`` by address, each with the slots it has shown."""

    messages: dict[str, list[str]] = field(default_factory=dict)
    acknowledged: dict[str, str] = field(default_factory=dict)
    """By event, the slot that was shown for it."""
    slots: dict[str, str] = field(default_factory=dict)
    """By slot, the event it was shown for."""

    def show(self, told: dict[str, Any]) -> str:
        """Take a message; its address."""
        slot, address = told["slot"], told["address"]
        if not address and told["again"]:  # it looks whether it posted this before
            address = next((at for at, shown in self.messages.items() if slot in shown), "")
        address = address or f"message {len(self.messages) + 1}"
        self.messages.setdefault(address, []).append(slot)
        return address

    def places(self) -> Counter[str]:
        """How many messages there are of each slot."""
        return Counter(slot for shown in self.messages.values() for slot in set(shown))


class Bot:
    """One life of the bot, from its start to its death."""

    def __init__(self, process: Process, platform: Platform, point: str) -> None:
        self._process, self._platform, self._point = process, platform, point
        self._acknowledged: dict[str, asyncio.Event] = {}
        self.reached = asyncio.Event()
        self.ready = asyncio.Event()
        self.gone = asyncio.Event()
        self._listening = asyncio.create_task(self._listen())

    @classmethod
    async def start(cls, url: str, platform: Platform, now: datetime, point: str = "never", nth: int = 1) -> Bot:
        command = (sys.executable, "-m", "tests.store.killing.child", url, point, str(nth))
        process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, cwd=ROOT)
        bot = cls(process, platform, point)
        bot.tell({"now": now.isoformat()})
        async with asyncio.timeout(PATIENCE):
            await _first(bot.ready, bot.reached, bot.gone)
        return bot

    def tell(self, said: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(said).encode() + b"\n")

    async def do(self, event: str, who: str, verb: str, text: str, now: datetime) -> bool:
        """Somebody does something; whether the bot acknowledged it before it stood still."""
        answered = self._acknowledged.setdefault(event, asyncio.Event())
        self.tell({"event": event, "who": who, "verb": verb, "text": text, "now": now.isoformat()})
        async with asyncio.timeout(PATIENCE):
            await _first(answered, self.reached, self.gone)
        return answered.is_set()

    async def _listen(self) -> None:
        assert self._process.stdout is not None
        while line := await self._process.stdout.readline():
            said = json.loads(line)
            if "reached" in said:
                assert said["reached"] == self._point
                self.reached.set()
            elif "ready" in said:
                self.ready.set()
            elif "show" in said:
                self.tell({"shown": self._platform.show(said["show"]), "number": said["number"]})
            else:
                self._take(said)
        self.gone.set()

    def _take(self, said: dict[str, Any]) -> None:
        event, slot = said["answered"], said["slot"]
        assert not said["refused"], event
        if slot:
            assert self._platform.acknowledged.setdefault(event, slot) == slot, "an event has one answer"
            assert self._platform.slots.setdefault(slot, event) == event, "an answer is to one event"
        self._acknowledged.setdefault(event, asyncio.Event()).set()

    async def kill(self) -> None:
        """From outside, without warning."""
        self._process.send_signal(signal.SIGKILL)
        assert await self._process.wait() == -signal.SIGKILL
        await self._listening

    async def end(self) -> None:
        """As it ends by itself."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        async with asyncio.timeout(PATIENCE):
            await self._process.wait()
        await self._listening


async def _first(*events: asyncio.Event) -> None:
    waiting = [asyncio.create_task(event.wait()) for event in events]
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()
