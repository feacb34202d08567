"""Couriers: who in this process can show what the outbox holds."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from bot.ports import Messenger

AT_ONCE = 32
"""Messages a platform is asked to take at the same time; what one commit hands over may be as many again."""


class Courier:
    """Carries messages to one platform, as tasks of ``group``, so many at a time."""

    def __init__(self, messenger: Messenger, group: asyncio.TaskGroup) -> None:
        self.messenger = messenger
        self._group = group
        self._going: set[asyncio.Task[None]] = set()

    @property
    def room(self) -> int:
        """How many more may be started now.

        What is claimed is begun at once: a lease that runs out in a queue has another process show the same.
        """
        return AT_ONCE - len(self._going)

    @property
    def going(self) -> frozenset[asyncio.Task[None]]:
        """What is being carried."""
        return frozenset(self._going)

    def start(self, carrying: Coroutine[Any, Any, None]) -> None:
        """Begin to carry something, which logs its faults itself."""
        task = self._group.create_task(carrying)
        self._going.add(task)
        task.add_done_callback(self._going.discard)

    async def until_room(self) -> None:
        """Wait until one more may be started."""
        while self.room <= 0:
            await asyncio.wait(self._going, return_when=asyncio.FIRST_COMPLETED)
