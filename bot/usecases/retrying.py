"""Doing again what the database undid for the sake of somebody else."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from bot.ports import Collision
from bot.repositories import Store, UnitOfWork

Done = TypeVar("Done")
TRIES = 3


async def in_one_go(store: Store, act: Callable[[UnitOfWork], Awaitable[Done]]) -> Done:
    """``act`` in one transaction; once more where the database ended that one because others waited for it.

    So it must do nothing but through its unit: whatever else it did would be done twice.
    Raises :class:`bot.ports.StoreUnavailable`.
    """
    for _ in range(TRIES - 1):
        try:
            async with store.begin() as work:
                return await act(work)
        except Collision:
            continue  # it has waited long enough: the others have what they need by now
    async with store.begin() as work:
        return await act(work)
