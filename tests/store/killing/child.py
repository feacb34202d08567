"""The bot as a process that a test kills: `python -m tests.store.killing.child URL POINT NTH`.

It serves one platform, which is the test itself, at the other end of standard input and output: a line of JSON each.
It is told what people do, and tells the platform what to show. At the POINT it announces that, and stands still until
it is killed: nothing is raised, nothing is closed, nothing is flushed.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import signal
import sys
from dataclasses import replace
from datetime import datetime
from typing import Any

import structlog

from bot.core.commands import Command
from bot.core.effects import Refuse, Show
from bot.core.slots import SlotKind, kind_of
from bot.ports import Destination
from bot.sealing import SecretSeal
from bot.store import open_store
from bot.usecases.service import Caller, Reply, Service
from tests.store.killing.points import Announcing
from tests.usecases.town import DOUBLE, FakeJudge, seed

ADA = Caller("platform", "community", "Community", "ada", "Ada", "channel", "UTC", is_admin=True)


class Child:
    """The bot's side of the conversation."""

    platform = "platform"

    def __init__(self, point: str, nth: int) -> None:
        self.now = datetime.now().astimezone()
        self._point, self._left = point, nth
        self._questions = itertools.count(1)
        self._answers: dict[int, asyncio.Future[Any]] = {}

    def reached(self, point: str) -> None:
        if point != self._point:
            return
        self._left -= 1
        if self._left == 0:
            self.tell({"reached": point})
            while True:
                signal.pause()

    def tell(self, said: dict[str, Any]) -> None:
        os.write(1, json.dumps(said).encode() + b"\n")

    async def deliver(self, show: Show, to: Destination) -> str:
        kind = "posting" if kind_of(show.slot) is SlotKind.POSTING else "verdict"
        self.reached(f"before the platform takes a {kind}")
        number = next(self._questions)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        told = {"slot": show.slot, "address": to.address, "again": to.again, "title": show.card.title}
        self.tell({"show": told, "number": number})
        address: str = await answer
        self.reached(f"after the platform took a {kind}")
        return address

    async def hear(self, service: Service, said: dict[str, Any], group: asyncio.TaskGroup) -> None:
        self.now = datetime.fromisoformat(said.get("now") or self.now.isoformat())
        if "shown" in said:
            self._answers.pop(said["number"]).set_result(said["shown"])
        elif "event" in said:
            group.create_task(self._perform(service, said))

    async def _perform(self, service: Service, said: dict[str, Any]) -> None:
        caller = replace(ADA, learner_id=said["who"], learner_name=said["who"])
        command = Command(said["verb"], said.get("text", ""))
        reply = Reply(f"reply to {said['event']}")
        async for effect in service.handle(caller, command, said["event"], reply):
            working = isinstance(effect, Show) and effect.working
            slot = effect.slot if isinstance(effect, Show) else ""
            refused = isinstance(effect, Refuse)
            self.tell({"answered": said["event"], "slot": slot, "working": working, "refused": refused})
            if working:
                await service.shown(slot, self.platform, "")


async def lines() -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    return reader


async def main(url: str, point: str, nth: str) -> None:
    child = Child(point, int(nth))
    said = await lines()
    first = json.loads(await said.readline())
    child.now = datetime.fromisoformat(first["now"])
    store = Announcing(await open_store(url), child.reached)
    service = Service(store, FakeJudge(), lambda: child.now, seed, SecretSeal(b"of the killed"))
    await service.load_questions([(DOUBLE, "digest")], (), 1)
    await service.fill_banks()
    async with asyncio.TaskGroup() as group:
        delivering = group.create_task(service.deliver_forever(child))
        group.create_task(_resume(service))
        child.tell({"ready": True})
        while line := await said.readline():
            await child.hear(service, json.loads(line), group)
        delivering.cancel()


async def _resume(service: Service) -> None:
    await service.resume()


if __name__ == "__main__":
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))  # the other end reads JSON alone
    asyncio.run(main(*sys.argv[1:]))
