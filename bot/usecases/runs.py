"""Learners' code under way: how much of it at once, how much of one learner's, and who is next."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import TypeAlias

from bot.usecases.turns import Turns
from bot.usecases.visiting import Caller

AT_ONCE = 64
"""Runs that are with the judge at a time: enough to keep its cells busy, and less than it would turn away."""
OF_ONE_LEARNER = 2
"""One runs, one waits."""
HELD = 1_000
"""Runs held in memory; an answer that comes when there are as many waits in the store until there is room."""

_Learner: TypeAlias = tuple[str, str, str]


@dataclass(slots=True, eq=False)
class Place:
    """One of the places a learner has; one that ``repeats`` another's event counts for nothing."""

    learner: _Learner
    event_id: str
    repeats: bool
    is_queued: bool = False
    is_held: bool = False


class Runs:
    """Admits runs, and gives each its turn: in the order of coming, and one of a learner's at a time."""

    def __init__(self) -> None:
        self._places: dict[_Learner, list[Place]] = {}
        self._left: deque[tuple[Place, Callable[[], None]]] = deque()
        """What waits for room in memory, in the order of coming."""
        self._queued = 0
        self._held = 0
        self._room = asyncio.Semaphore(AT_ONCE)
        self._learners = Turns()

    def enter(self, caller: Caller, event_id: str = "") -> Place | None:
        """A place for ``caller``, or ``None`` where they have as many as they may have. To be left in any case.

        The event that a place was given for may come again meanwhile.
        """
        learner = (caller.platform, caller.community_id, caller.learner_id)
        theirs = self._places.get(learner, [])
        repeats = event_id != "" and any(place.event_id == event_id for place in theirs)
        if not repeats and sum(not place.repeats for place in theirs) >= OF_ONE_LEARNER:
            return None
        place = Place(learner, event_id, repeats)
        self._places.setdefault(learner, []).append(place)
        return place

    def queue(self, place: Place) -> int:
        """Queue up with code to run; the position, 0 where nobody is waited for."""
        if place.repeats:
            return 0
        place.is_queued = True
        self._queued += 1
        return max(0, self._queued - AT_ONCE)

    def hold(self, place: Place) -> bool:
        """Whether memory has room for a run, and nobody waits for that already; if so it is taken."""
        if place.repeats:
            return True
        place.is_held = self._held < HELD and not self._left
        self._held += place.is_held
        return place.is_held

    def later(self, place: Place, start: Callable[[], None]) -> None:
        """Have ``start`` called once there is room."""
        self._left.append((place, start))

    def leave(self, place: Place) -> None:
        """Give a place back: what it was for is over."""
        theirs = self._places[place.learner]
        theirs.remove(place)
        if not theirs:
            del self._places[place.learner]
        self._queued -= place.is_queued
        self._held -= place.is_held
        while self._left and self._held < HELD:
            waiting, start = self._left.popleft()
            waiting.is_held = True
            self._held += 1
            start()

    @contextlib.asynccontextmanager
    async def turn(self, learner_id: int) -> AsyncIterator[None]:
        """The turn of a run of this learner: held while it is with the judge."""
        async with self._learners.of(learner_id), self._room:
            yield
