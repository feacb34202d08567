"""Keeping no longer than was said: communities that left are purged, old texts emptied."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable

import structlog

from bot.core.keeping import ADDRESSES_KEPT, GRACE
from bot.core.records import Community
from bot.repositories import UnitOfWork
from bot.usecases.parts import Parts
from bot.usecases.retrying import in_one_go

LEARNERS_AT_ONCE = 20
ANSWERS_AT_ONCE = 200
_log = structlog.get_logger()


class Sweeper:
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
            is_gone: bool | None = False
            while is_gone is False:
                is_gone = await in_one_go(self._parts.store, functools.partial(_purged, community))
                await asyncio.sleep(0)
            if is_gone:
                _log.info("a community that removed the bot was purged", community=community.id)

    async def _empty(self) -> None:
        before = self._parts.clock() - self._parts.retention
        last: int | None = self._emptied
        are_all = True
        while last is not None:
            if are_all:
                self._emptied = last
            async with self._parts.store.begin() as work:
                last, are_these = await work.privacy.empty_old_texts(before, last, ANSWERS_AT_ONCE)
            are_all = are_all and are_these
            await asyncio.sleep(0)
        async with self._parts.store.begin() as work:
            await work.privacy.empty_old_reports(before, self._parts.clock() - ADDRESSES_KEPT)


async def _purged(community: Community, work: UnitOfWork) -> bool | None:
    return await work.tenancy.purge(community, LEARNERS_AT_ONCE)


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
