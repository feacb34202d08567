"""Keeping no longer than was said: communities that left are purged, old texts emptied."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

from bot.core.keeping import GRACE
from bot.usecases.parts import Parts

LEARNERS_AT_ONCE = 20
ANSWERS_AT_ONCE = 200
_log = structlog.get_logger()


class Keeper:
    """Sweeps in small transactions, so that nobody waits for it."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._emptied = 0
        """Answers up to this number hold no text any more."""

    async def sweep(self) -> None:
        """Purge what left long ago, and empty what is old. May be cancelled and run again.

        Raises :class:`bot.ports.StoreUnavailable`.
        """
        await self._purge()
        await self._empty()

    async def _purge(self) -> None:
        async with self._parts.store.read() as work:
            gone = await work.tenancy.left_before(self._parts.clock() - GRACE)
        for community in gone:
            is_gone = False
            while not is_gone:
                async with self._parts.store.begin() as work:
                    # It may have come back since.
                    still = await work.communities.community_of(community.id)
                    if still.left_at is None:
                        break
                    is_gone = await work.tenancy.purge(still, LEARNERS_AT_ONCE)
                await asyncio.sleep(0)
            _log.info("a community that removed the bot was purged", community=community.id, all=is_gone)

    async def _empty(self) -> None:
        before = self._parts.clock() - self._parts.retention
        last: int | None = self._emptied
        while last is not None:
            self._emptied = last
            async with self._parts.store.begin() as work:
                last = await work.privacy.empty_old_texts(before, self._emptied, ANSWERS_AT_ONCE)
            await asyncio.sleep(0)
        async with self._parts.store.begin() as work:
            await work.privacy.empty_old_reports(before)


async def left(parts: Parts, platform: str, community_id: str) -> None:
    """A community has removed the bot."""
    async with parts.store.begin() as work:
        await work.tenancy.leave(platform, community_id, parts.clock())


async def joined(parts: Parts, platform: str, community_id: str) -> None:
    """A community has the bot, perhaps again."""
    async with parts.store.begin() as work:
        await work.tenancy.join(platform, community_id)


def everywhere(_community_id: str) -> bool:
    """What a process that serves a whole platform serves."""
    return True


async def present(parts: Parts, platform: str, community_ids: frozenset[str], among: Callable[[str], bool]) -> None:
    """These communities of a platform have the bot, and no others ``among`` those that are served here."""
    async with parts.store.begin() as work:
        await work.tenancy.compare(platform, community_ids, parts.clock(), among)
