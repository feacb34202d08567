"""Delivering: what the outbox holds is shown where it belongs, now or after a restart."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import timedelta

import structlog

from bot.core.cards import Card
from bot.core.commands import VERBS, Command
from bot.core.effects import Show
from bot.core.records import Delivery
from bot.core.slots import SlotKind, number_of
from bot.core.slots import slot as slot_name
from bot.ports import Messenger, StoreUnavailable, TryLater, Undeliverable
from bot.usecases.parts import Effects, Parts
from bot.usecases.preparing import prepared
from bot.usecases.visiting import Caller

DELIVERY_SECONDS = 10.0
"""How long a platform may take over one message."""
LEASE = timedelta(seconds=20)
"""How long a line of the outbox is ours to show; another process may take it after that."""
AT_ONCE = 32
"""Messages a platform is asked to take at the same time."""
POLL_SECONDS = 1.0
"""How soon what another process wrote is noticed."""
LONGEST_WAIT = timedelta(minutes=5)
MOST_FAULTS = 8
"""How often a message is tried that we ourselves fail to show."""
MOST_ATTEMPTS = 300
"""How often it is tried while the platform is away: about a day."""
_log = structlog.get_logger()


async def deliver_forever(parts: Parts, messenger: Messenger) -> None:
    """Show what comes into the outbox of a platform, as soon as it comes."""
    going: set[asyncio.Task[None]] = set()
    async with asyncio.TaskGroup() as group:
        while True:
            ring = parts.bell.next
            # What is claimed is begun at once: a lease that runs out in a queue has another process show the same.
            room = AT_ONCE - len(going)
            claimed, wait = await _claimed(parts, messenger, room)
            for delivery in claimed:
                task = group.create_task(_delivered_or_logged(parts, messenger, delivery))
                going.add(task)
                task.add_done_callback(going.discard)
            if len(going) >= AT_ONCE:
                await asyncio.wait(going, return_when=asyncio.FIRST_COMPLETED)
            elif len(claimed) < room:
                await parts.bell.until(ring, wait)


async def _claimed(parts: Parts, messenger: Messenger, count: int) -> tuple[tuple[Delivery, ...], float]:
    """What is due, and how many seconds to wait where there is no more."""
    # A database that is away must not end what has to go on when it is back.
    try:
        at = parts.clock()
        async with parts.store.begin() as work:
            claimed = await work.outbox.claim(messenger.platform, at, at + LEASE, count)
            due = None if claimed else await work.outbox.next_due(messenger.platform)
    except StoreUnavailable as fault:
        _log.warning("the outbox cannot be read; trying again soon", platform=messenger.platform, reason=str(fault))
    except Exception:
        _log.exception("the outbox cannot be read; trying again soon", platform=messenger.platform)
    else:
        return claimed, POLL_SECONDS if due is None else min(POLL_SECONDS, max(0.0, (due - at).total_seconds()))
    return (), POLL_SECONDS


async def _delivered_or_logged(parts: Parts, messenger: Messenger, delivery: Delivery) -> None:
    try:
        await _deliver(parts, messenger, delivery)
    except StoreUnavailable as fault:
        _log.warning("a message stays in the outbox", slot=delivery.slot, reason=str(fault))
    except Exception:  # its lease runs out, and it is tried again; the others go on
        _log.exception("a message stays in the outbox", slot=delivery.slot)


async def deliver_due(parts: Parts, messenger: Messenger) -> None:
    """Show what is due now, one after the other."""
    while claimed := await _claim(parts, messenger.platform):
        await _deliver(parts, messenger, claimed)


async def follow(parts: Parts, messenger: Messenger, slot: str) -> None:
    """Wait until ``slot`` has something to show, and show it.

    Raises :class:`bot.ports.StoreUnavailable`.
    """
    while True:
        ring = parts.bell.next
        if claimed := await _claim(parts, messenger.platform, slot):
            await _deliver(parts, messenger, claimed)
            return
        if await _shown_elsewhere(parts, messenger, slot):
            return
        await parts.bell.until(ring, POLL_SECONDS)


async def _claim(parts: Parts, platform: str, slot: str = "") -> Delivery | None:
    at = parts.clock()
    async with parts.store.begin() as work:
        return next(iter(await work.outbox.claim(platform, at, at + LEASE, 1, slot)), None)


async def _shown_elsewhere(parts: Parts, messenger: Messenger, slot: str) -> bool:
    """Show what another process of this platform has shown in our stead; whether there was anything."""
    at = parts.clock()
    async with parts.store.begin() as work:
        if await work.messages.find(slot) is not None:
            return False
        ready = await prepared(parts, work, Delivery(slot, messenger.platform, None, "", 0, 0), at)
    if ready is not None:
        await messenger.deliver(ready.show, ready.to)
    return True


async def _deliver(parts: Parts, messenger: Messenger, delivery: Delivery) -> None:
    at = parts.clock()
    async with parts.store.begin() as work:
        ready = await prepared(parts, work, delivery, at)
        if ready is None:
            await work.messages.forget(delivery.slot)
            await work.outbox.done(delivery)
            return
    try:
        async with asyncio.timeout(DELIVERY_SECONDS):
            address = await messenger.deliver(ready.show, ready.to)
    except Undeliverable as fault:
        _log.warning("a message cannot be shown", slot=delivery.slot, reason=str(fault))
        await _given_up(parts, delivery, str(fault), is_gone=True)
    except TryLater as fault:
        await _later(parts, delivery, fault.seconds, MOST_ATTEMPTS, str(fault))
    except TimeoutError:
        await _later(parts, delivery, 0, MOST_ATTEMPTS, "it did not answer")
    except Exception:  # whatever it is, the message is still to be shown
        _log.exception("showing a message failed", slot=delivery.slot)
        await _later(parts, delivery, 0, MOST_FAULTS, "something went wrong on our side")
    else:
        moved = "" if address == ready.to.address else address
        await _delivered(parts, delivery, moved, ready.is_final)


async def _delivered(parts: Parts, delivery: Delivery, moved: str, is_final: bool) -> None:
    async with parts.store.begin() as work:
        if is_final:
            await work.messages.forget(delivery.slot)
        else:
            sealed = parts.seal.close(moved) if moved else ""
            await work.messages.shown(delivery.slot, delivery.platform, sealed, parts.clock())
        await work.outbox.done(delivery)


async def _later(parts: Parts, delivery: Delivery, seconds: float, most: int, reason: str) -> None:
    """Try again more and more rarely, but not before ``seconds`` are over, and ``most`` times in all."""
    if delivery.attempts >= most:
        await _given_up(parts, delivery, reason, is_gone=False)
        return
    backoff = min(timedelta(seconds=2 ** min(delivery.attempts, 16)), LONGEST_WAIT)
    async with parts.store.begin() as work:
        await work.outbox.later(delivery, parts.clock() + max(timedelta(seconds=seconds), backoff))


async def _given_up(parts: Parts, delivery: Delivery, reason: str, *, is_gone: bool) -> None:
    async with parts.store.begin() as work:
        if is_gone or delivery.learner_id is not None:
            # Nothing can be shown there; and an admin who posts again shall not be told that it is there.
            await work.messages.forget(delivery.slot)
        if delivery.learner_id is not None:
            await work.outbox.keep(delivery)
            return
        await work.outbox.done(delivery)
        if delivery.detail:
            name = slot_name(SlotKind.UNPOSTED, number_of(delivery.slot))
            await work.outbox.put(name, delivery.platform, int(delivery.detail), parts.clock(), reason)
    parts.wake()


async def with_missed(parts: Parts, caller: Caller, command: Command, effects: Effects) -> Effects:
    """``effects``, and after them what could not be shown to the caller before.

    Not after a form, nor while an answer is being taken: nothing may come between those and their reply.
    """
    async with aclosing(effects):
        async for effect in effects:
            yield effect
    if VERBS.get(command.verb) is not None and VERBS[command.verb].opens_form:
        return
    async for card, delivery in _missed(parts, caller):
        yield Show(card)
        async with parts.store.begin() as work:
            await work.outbox.done(delivery)


async def _missed(parts: Parts, caller: Caller) -> AsyncIterator[tuple[Card, Delivery]]:
    at = parts.clock()
    async with parts.store.begin() as work:
        community = await work.communities.community(caller.platform, caller.community_id, caller.community_name)
        learner = await work.communities.learner(community, caller.learner_id, caller.learner_name)
        waiting = [
            (ready.show.card, delivery)
            for delivery in await work.outbox.kept(learner)
            if (ready := await prepared(parts, work, delivery, at))
        ]
    for card, delivery in waiting:
        yield card, delivery
