"""The world a year is lived in: the service on a store of its own, its clock, and chats that take every message."""

from __future__ import annotations

import asyncio
import zlib
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

from bench.year.people import Place
from bot.core.commands import Command
from bot.core.effects import Effect, Show
from bot.core.questions import Question
from bot.core.records import Posting
from bot.core.slots import SlotKind, kind_of, number_of
from bot.ports import Destination
from bot.sealing import SecretSeal
from bot.store import SqlStore, open_store
from bot.usecases.calendar import beat, post_due
from bot.usecases.service import Caller, Reply, Service
from tests.usecases.town import FakeJudge

ADMIN = "Root"


class Chat:
    """A platform that takes every message, and keeps what was posted in public, by the clock of the world."""

    def __init__(self, world: World, platform: str) -> None:
        self.platform = platform
        self.posted: list[tuple[str, int, datetime]] = []
        """Of every posting that appeared: where, its id, and when."""
        self.messages: Counter[str] = Counter()
        self._world = world

    async def deliver(self, show: Show, to: Destination) -> str:
        """Take a message; an address for what has none yet."""
        kind = kind_of(show.slot)
        self.messages[kind.value if kind else "other"] += 1
        if kind is SlotKind.POSTING and not to.address:
            self.posted.append((to.community, number_of(show.slot), self._world.now))
        return to.address or f"address of {show.slot}"


class World:
    """What the story is told in; time stands still while anybody does anything.

    What ``chainrule run`` does when the clock says so is done here when the clock is turned: the very same functions.
    """

    def __init__(self, store: SqlStore, now: datetime) -> None:
        self.store = store
        self.now = now
        self.service = Service(store, FakeJudge(), lambda: self.now, _seed, SecretSeal(b"of the year"))
        self._parts = self.service._parts
        self._next_due: datetime | None = None
        self.chats = {platform: Chat(self, platform) for platform in ("discord", "slack")}
        self.opened: dict[str, Posting] = {}
        """What was posted last, by the name of the place."""
        self.said = 0
        """How many things people have said."""

    async def asks(self, questions: Sequence[Question]) -> None:
        """Have these questions asked from now on; their trials are drawn when they are needed."""
        await self.service.load_questions([(question, question.id) for question in questions], (), 1)

    async def moves(self, at: datetime) -> None:
        """Let it be ``at`` that time, and what was due until then be posted when it was."""
        while self._next_due is not None and self._next_due <= at:
            self.now = max(self.now, self._next_due)
            await post_due(self._parts)
            await self.plans()
            await self.shows()
        self.now = max(self.now, at)

    async def plans(self) -> None:
        """Look up when something is posted next."""
        async with self.store.read() as work:
            self._next_due = await work.schedules.next_due()

    async def sleeps(self, until: datetime) -> None:
        """The bot is not running until then; up to now it has left a sign of life every half a minute."""
        async with self.store.begin() as work:
            await work.uptime.beat(self.now)
        self.now = until
        await beat(self._parts)

    async def says(self, place: Place, who: str, command: Command) -> list[Effect]:
        """What somebody is answered; when this returns, an answer has its verdict, which waits to be shown."""
        caller = Caller(place.platform, place.name, place.name, who, who, "general", place.zone, is_admin=who == ADMIN)
        self.said += 1
        event = f"event {self.said}"
        effects = [each async for each in self.service.handle(caller, command, event, Reply(f"reply to {event}"))]
        last = effects[-1]
        if isinstance(last, Show) and last.working:
            await self.service.shown(last.slot, place.platform, "")
        while running := self.service.running:
            await asyncio.wait(running)
        return effects

    async def shows(self) -> None:
        """Everything that is due. Not after each answer: a year of empty looks into the outbox takes longer than it."""
        for chat in self.chats.values():
            before = len(chat.posted)
            await self.service.deliver_due(chat)
            for community, number, _ in chat.posted[before:]:
                self.opened[community] = await self.posting(number)

    async def posting(self, number: int) -> Posting:
        """The posting with this id."""
        async with self.store.read() as work:
            found = await work.postings.get(number)
        assert found is not None, "it was shown"
        return found


def shown_posting(effects: Sequence[Effect]) -> int | None:
    """The posting that was shown to somebody, if one was."""
    slots = (effect.slot for effect in effects if isinstance(effect, Show))
    return next((number_of(name) for name in slots if kind_of(name) is SlotKind.TASK), None)


@asynccontextmanager
async def world_at(file: Path, now: datetime) -> AsyncIterator[World]:
    """A world whose database is in ``file``, which is made."""
    store = await open_store(f"sqlite:///{file}")
    world = World(store, now)
    try:
        yield world
    finally:
        await world.service.close()
        await store.close()


def _seed(text: str) -> int:
    return zlib.crc32(text.encode()) + 1
