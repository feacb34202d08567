"""The other side of a chat, in a process of its own: its people come when it is their time, whatever the bot does.

It talks over its standard input and output, a line of JSON at a time: first its address, then for every order (how
many events, how often, of which kinds) one line that says when each of them was sent, and when its acknowledgement
came back.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import asdict, dataclass
from typing import Protocol, TypeAlias

PEOPLE = 50
PATIENCE = 40
"""Seconds until a missing acknowledgement ends the run: what comes late is to be measured, too."""
WRONG = "def gradient(x):\n    return x\n"
RIGHT = "def gradient(x):\n    return 2 * x\n"
SUBMITTED: Mapping[str, str] = {"wrong": WRONG, "right": RIGHT}
"""The kinds of events that are answers, and what is answered."""
SAID = ("hint", "today", "leaderboard")
FORM = "form"
MIXED = (*SUBMITTED, *SAID, FORM)


@dataclass(slots=True)
class Sent:
    """One event: ``key`` is by what the bot acknowledges it, ``place`` where its verdict goes."""

    kind: str
    key: str
    place: str
    at: float
    heard: float | None = None


sent: ContextVar[Sent] = ContextVar("sent")
"""The event that is being sent; whoever sends it fills in the rest."""


class Town(Protocol):
    """A platform with people on it."""

    async def opened(self) -> None:
        """The bot is connected: have today's question posted."""

    async def does(self, person: int, kind: str) -> None:
        """Let somebody do something, and wait until it is acknowledged."""


Order: TypeAlias = Mapping[str, object]


async def serve(town: Town, url: str) -> None:
    """Do as the bench orders until it closes our standard input."""
    reader = asyncio.StreamReader(limit=1 << 24)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    _tell(url)
    while line := await reader.readline():
        order = json.loads(line)
        if order is None:
            await town.opened()
            _tell(None)
        else:
            _tell([asdict(each) for each in await _visits(town, **order)])


def _tell(what: object) -> None:
    print(json.dumps(what), flush=True)


async def _visits(town: Town, count: int, rate: float, kinds: list[str], seed: int) -> list[Sent]:
    draw = random.Random(seed)
    due = time.perf_counter()
    visits = []
    for number in range(count):
        due += draw.expovariate(rate)
        await asyncio.sleep(due - time.perf_counter())
        visits.append(asyncio.create_task(_visit(town, number % PEOPLE, draw.choice(kinds))))
    return await asyncio.gather(*visits)


async def _visit(town: Town, person: int, kind: str) -> Sent:
    event = Sent(kind, "", "", 0.0)
    sent.set(event)
    await town.does(person, kind)
    return event
