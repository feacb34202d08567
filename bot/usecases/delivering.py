"""Delivering: what the outbox holds is shown where it belongs, now or after a restart."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import structlog

from bot.core.cards import Card
from bot.core.commands import VERBS, Command
from bot.core.effects import Show
from bot.core.records import Delivery, Submission, SubmissionState
from bot.core.slots import SlotKind, kind_of, number_of
from bot.ports import Messenger, StoreUnavailable
from bot.repositories import UnitOfWork
from bot.usecases.carrying import LEASE, deliver, deliver_or_log, hand_over, take
from bot.usecases.cases import REPEATED
from bot.usecases.couriers import Courier
from bot.usecases.parts import Effects, Parts
from bot.usecases.preparing import prepared
from bot.usecases.visiting import Caller

POLL_SECONDS = 1.0
"""How soon what another process wrote is noticed."""
PAUSE_SECONDS = 0.05
"""What is due and cannot be claimed is another transaction's at this moment: without a pause we would only ask."""
_log = structlog.get_logger()


async def shown(parts: Parts, slot: str, platform: str, address: str) -> None:
    """Note that the platform has taken the message of ``slot``; what waited for that may be shown now.

    It says that something is under way. Where that came to its end meanwhile, the last word is said once more: the
    same answer may have come to another process too, whose last word stood there before this.
    """
    async with parts.store.begin() as work:
        at = parts.clock()
        is_over = await _is_over(work, slot)
        # After the last word nobody needs to know where it was said; and here it is said only if that is known.
        if await work.messages.find(slot) is None and not (is_over and address):
            return
        sealed = parts.seal.close(address) if address else ""
        await work.messages.shown(slot, platform, sealed, at)
        if is_over and not await work.outbox.again(slot, at):
            await work.outbox.put(slot, platform, is_over.learner_id, at, REPEATED)
        waits = await work.outbox.waits(slot)
        taken = await take(parts, work, platform, slot, at) if waits else None
    if waits:
        hand_over(parts, taken)


async def _is_over(work: UnitOfWork, slot: str) -> Submission | None:
    """The answer whose verdict is shown in ``slot``, if it has one or will have none."""
    submission = await work.submissions.get(number_of(slot)) if kind_of(slot) is SlotKind.VERDICT else None
    return submission if submission is not None and submission.state is not SubmissionState.STORED else None


async def deliver_forever(parts: Parts, messenger: Messenger) -> None:
    """Show what comes into the outbox of a platform, as soon as it comes."""
    async with asyncio.TaskGroup() as group:
        courier = Courier(messenger, group)
        parts.couriers[messenger.platform] = courier
        try:
            await _carry_all(parts, courier)
        finally:
            del parts.couriers[messenger.platform]


async def _carry_all(parts: Parts, courier: Courier) -> None:
    while True:
        await courier.until_room()
        ring, room = parts.bell.next, courier.room
        claimed, wait = await _claimed(parts, courier.messenger.platform, room)
        for delivery in claimed:
            courier.start(deliver_or_log(parts, courier.messenger, delivery))
        if len(claimed) < room:
            await parts.bell.until(ring, wait)


async def _claimed(parts: Parts, platform: str, count: int) -> tuple[tuple[Delivery, ...], float]:
    """What is due, and how many seconds to wait where there is no more."""
    # A database that is away must not end what has to go on when it is back.
    try:
        async with parts.store.begin() as work:
            at = parts.clock()  # now, not before it was our turn: a lease is short
            claimed = await work.outbox.claim(platform, at, at + LEASE, count)
            due = await work.outbox.next_due(platform) if len(claimed) < count else None
    except StoreUnavailable as fault:
        _log.warning("the outbox cannot be read; trying again soon", platform=platform, reason=str(fault))
    except Exception:
        _log.exception("the outbox cannot be read; trying again soon", platform=platform)
    else:
        least = 0.0 if claimed else PAUSE_SECONDS
        return claimed, POLL_SECONDS if due is None else min(POLL_SECONDS, max(least, (due - at).total_seconds()))
    return (), POLL_SECONDS


async def deliver_due(parts: Parts, messenger: Messenger) -> None:
    """Show what is due now, one after the other."""
    while claimed := await _claim(parts, messenger.platform):
        await deliver(parts, messenger, claimed)


async def follow(parts: Parts, messenger: Messenger, slot: str) -> None:
    """Wait until ``slot`` has something to show, and show it.

    Raises :class:`bot.ports.StoreUnavailable`.
    """
    while True:
        ring = parts.bell.next
        if claimed := await _claim(parts, messenger.platform, slot):
            await deliver(parts, messenger, claimed)
            return
        if await _shown_elsewhere(parts, messenger, slot):
            return
        await parts.bell.until(ring, POLL_SECONDS)


async def _claim(parts: Parts, platform: str, slot: str = "") -> Delivery | None:
    async with parts.store.begin() as work:
        at = parts.clock()
        return next(iter(await work.outbox.claim(platform, at, at + LEASE, 1, slot)), None)


async def _shown_elsewhere(parts: Parts, messenger: Messenger, slot: str) -> bool:
    """Show what another process of this platform has shown in our stead; whether there was anything."""
    at = parts.clock()
    async with parts.store.read() as work:
        if await work.messages.find(slot) is not None:
            return False
        ready = await prepared(parts, work, Delivery(slot, messenger.platform, None, "", 0, 0), at)
    if ready is not None:
        await messenger.deliver(ready.show, ready.to)
    return True


async def with_missed(parts: Parts, caller: Caller, command: Command, effects: Effects) -> Effects:
    """``effects``, and after them what could not be shown to the caller before.

    Not after a form, nor while an answer is being taken: nothing may come between those and their reply.
    """
    async with aclosing(effects):
        async for effect in effects:
            yield effect
    if VERBS.get(command.verb) is not None and VERBS[command.verb].opens_form:
        return
    if command.verb == "privacy":  # whoever has just been deleted shall not be known again
        return
    async for card, delivery in _missed(parts, caller):
        yield Show(card)
        async with parts.store.begin() as work:
            await work.outbox.done(delivery)


async def _missed(parts: Parts, caller: Caller) -> AsyncIterator[tuple[Card, Delivery]]:
    async with parts.store.begin() as work:
        at = parts.clock()
        community = await work.communities.community(caller.platform, caller.community_id, caller.community_name)
        learner = await work.communities.learner(community, caller.learner_id, caller.learner_name)
        waiting = [
            (ready.show.card, delivery)
            for delivery in await work.outbox.shelved(learner)
            if (ready := await prepared(parts, work, delivery, at))
        ]
    for card, delivery in waiting:
        yield card, delivery
