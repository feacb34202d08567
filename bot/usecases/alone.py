"""What one process of a deployment does at a time, and another takes over."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from bot.repositories import Store


async def while_alone(
    store: Store,
    name: str,
    work: Callable[[], Coroutine[Any, Any, object]],
    waiting: Callable[[], None] = lambda: None,
) -> None:
    """Do ``work`` once no other process does what is called ``name``; ends as it does.

    It is cancelled where another process may have taken over, and begun again when it is our turn again.
    ``waiting`` is called where it is not our turn at once.
    """
    while True:
        async with store.alone(name, waiting) as lost:
            if await _done_before(lost, work):
                return


async def _done_before(lost: asyncio.Event, work: Callable[[], Coroutine[Any, Any, object]]) -> bool:
    doing, losing = asyncio.create_task(work()), asyncio.create_task(lost.wait())
    try:
        await asyncio.wait({doing, losing}, return_when=asyncio.FIRST_COMPLETED)
        if doing.done():
            await doing
            return True
        return False
    finally:
        losing.cancel()
        doing.cancel()
        await asyncio.gather(doing, losing, return_exceptions=True)
