"""Learners' code under way: how much of it at once, how much of one learner's, and who is next."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

from bot.usecases.turns import Turns
from bot.usecases.visiting import Caller

AT_ONCE = 64
"""Runs that are with the judge at a time: enough to keep its cells busy, and less than it would turn away."""
OF_ONE_LEARNER = 2
"""One runs, one waits."""
HELD = 1_000
"""Runs that wait in memory; an answer that comes when there are as many waits in the store."""


class Runs:
    """Admits runs, and gives each its turn: in the order of coming, and one of a learner's at a time."""

    def __init__(self) -> None:
        self._events: dict[tuple[str, str, str], list[str]] = {}
        self._count = 0
        self._left = 0
        self._room = asyncio.Semaphore(AT_ONCE)
        self._learners = Turns()

    def enter(self, caller: Caller, event_id: str) -> Callable[[], None] | None:
        """Admit a run of ``caller``: what to call when it is over. ``None``: they have as many as they may have.

        The same event may come again while its run is under way.
        """
        learner = (caller.platform, caller.community_id, caller.learner_id)
        events = self._events.setdefault(learner, [])
        if event_id not in events and len(set(events)) >= OF_ONE_LEARNER:
            return None
        events.append(event_id)
        self._count += 1

        def leave() -> None:
            self._count -= 1
            events.remove(event_id)
            if not events:
                self._events.pop(learner, None)

        return leave

    @property
    def position(self) -> int:
        """The place in the queue of whoever came last; 0 where nobody waits for anybody else."""
        return max(0, self._count + self._left - AT_ONCE)

    @property
    def is_full(self) -> bool:
        """Whether no more can wait in memory."""
        return self._count > HELD

    def leave_in_store(self) -> None:
        """One more answer waits in the store for want of room here."""
        self._left += 1

    def fetch_from_store(self) -> bool:
        """Whether there is room again for what waits in the store; says so once."""
        if not self._left or self._count > HELD // 2:
            return False
        self._left = 0
        return True

    @contextlib.asynccontextmanager
    async def turn(self, learner_id: int) -> AsyncIterator[None]:
        """The turn of a run of this learner: held while it is with the judge."""
        async with self._learners.of(learner_id), self._room:
            yield
