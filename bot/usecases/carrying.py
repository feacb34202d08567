"""Carrying: what is ours to show is shown, and what became of it is noted.

What comes into the outbox is handed over at once to the courier of its platform, where this process has one: looking
for it, claiming and reading it would be transactions of their own, while somebody waits.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import structlog

from bot.core.records import Delivery
from bot.core.slots import SlotKind, kind_of, number_of
from bot.core.slots import slot as slot_name
from bot.ports import Messenger, OutcomeUnknown, StoreUnavailable, TryLater, Undeliverable
from bot.repositories import UnitOfWork
from bot.usecases.parts import Parts
from bot.usecases.preparing import Prepared, prepared
from bot.usecases.refusals import posting_refused
from bot.usecases.rejudgements import ELSEWHERE_PAUSE

DELIVERY_SECONDS = 10.0
"""How long a platform may take over one message."""
LEASE = timedelta(seconds=20)
"""How long a line of the outbox is ours to show; another process may take it after that."""
LONGEST_WAIT = timedelta(minutes=5)
MOST_FAULTS = 8
"""How often a message is tried that we ourselves fail to show."""
MOST_ATTEMPTS = 300
"""How often it is tried while the platform is away: about a day."""
NOTED_WITHIN_S = 120.0
"""How long it is tried to note that a message was shown while the database is away; then it is shown once more."""
AGAIN_S = 0.5
_log = structlog.get_logger()


async def take(parts: Parts, work: UnitOfWork, platform: str, slot: str, at: datetime) -> Delivery | None:
    """Claim what ``slot`` has to show, if it may be shown now and a courier of ours can carry it."""
    courier = parts.couriers.get(platform)
    if courier is None or courier.room <= 0:
        return None
    return next(iter(await work.outbox.claim(platform, at, at + LEASE, 1, slot)), None)


def hand_over(parts: Parts, taken: Delivery | None) -> None:
    """Have a courier carry what was taken; otherwise have the outbox looked at. To be called after the transaction."""
    courier = parts.couriers.get(taken.platform) if taken else None
    if taken and courier:
        courier.start(deliver_or_log(parts, courier.messenger, taken))
    else:
        parts.wake()


async def deliver_or_log(parts: Parts, messenger: Messenger, delivery: Delivery) -> None:
    """As :func:`deliver`; what fails is logged, and tried again when its lease has run out. The others go on."""
    try:
        await deliver(parts, messenger, delivery, NOTED_WITHIN_S)
    except StoreUnavailable as fault:
        _log.warning("a message stays in the outbox", slot=delivery.slot, reason=str(fault))
    except Exception:
        _log.exception("a message stays in the outbox", slot=delivery.slot)


async def deliver(parts: Parts, messenger: Messenger, delivery: Delivery, noted_within_s: float = 0.0) -> None:
    """Show a message that is ours to show, and note what became of it. Raises :class:`bot.ports.StoreUnavailable`.

    That it was shown is tried to be noted for ``noted_within_s`` while the database is away.
    """
    if (delivery.slot, delivery.revision) in parts.unnoted:
        async with parts.store.begin() as work:
            await work.outbox.later(delivery, parts.clock() + timedelta(seconds=AGAIN_S))
        return
    if parts.rejudgements.is_elsewhere(delivery, parts.clock()):
        async with parts.store.begin() as work:
            await work.outbox.later(delivery, parts.clock() + ELSEWHERE_PAUSE)
        return
    async with parts.store.read() as work:
        ready = await prepared(parts, work, delivery, parts.clock())
    if ready is None:
        await _forget(parts, delivery)
        return
    if delivery.leased_until and parts.clock() > delivery.leased_until - timedelta(seconds=DELIVERY_SECONDS):
        # It took so long to get here that another process may be showing it before we are through.
        _log.warning("a message is left to another process", slot=delivery.slot)
        return
    try:
        async with asyncio.timeout(DELIVERY_SECONDS):
            address = await messenger.deliver(ready.show, ready.to)
    except Undeliverable as fault:
        _log.warning("a message cannot be shown", slot=delivery.slot, reason=str(fault))
        await _given_up(parts, delivery, ready, fault)
    except TryLater as fault:
        await _later(parts, delivery, ready, fault, MOST_ATTEMPTS)
    except TimeoutError:
        await _later(parts, delivery, ready, TryLater("it did not answer"), MOST_ATTEMPTS)
    except Exception:  # whatever it is, the message is still to be shown
        _log.exception("showing a message failed", slot=delivery.slot)
        await _later(parts, delivery, ready, TryLater("something went wrong on our side"), MOST_FAULTS)
    else:
        moved = "" if address == ready.to.address else address
        await _noted(parts, delivery, moved, ready.is_final, noted_within_s)


async def _forget(parts: Parts, delivery: Delivery) -> None:
    """There is nothing to show, unless something has come since that was seen, which is then due."""
    async with parts.store.begin() as work:
        at = parts.clock()
        if await prepared(parts, work, delivery, at) is not None:
            await work.outbox.later(delivery, at)
            return
        await work.messages.forget(delivery.slot)
        await work.outbox.done(delivery)


async def _noted(parts: Parts, delivery: Delivery, moved: str, is_final: bool, within_s: float) -> None:
    """As :func:`_delivered`, and until it is noted nobody in this process shows the same once more.

    Another process may, once the lease has run out, as may this one when it was restarted.
    """
    loop = asyncio.get_running_loop()
    until, of = loop.time() + within_s, (delivery.slot, delivery.revision)
    is_told = False
    parts.unnoted.add(of)
    try:
        while True:
            try:
                return await _delivered(parts, delivery, moved, is_final)
            except StoreUnavailable as fault:
                if loop.time() + AGAIN_S > until:
                    raise
                if not is_told:
                    is_told = True
                    _log.warning("what was shown waits to be noted", slot=delivery.slot, reason=str(fault))
            await asyncio.sleep(AGAIN_S)
    finally:
        parts.unnoted.discard(of)


async def _delivered(parts: Parts, delivery: Delivery, moved: str, is_final: bool) -> None:
    async with parts.store.begin() as work:
        if not is_final:
            sealed = parts.seal.close(moved) if moved else ""
            # Without a line, whoever it was for has had everything deleted meanwhile; the place is not remembered.
            if await work.outbox.waits(delivery.slot):
                await work.messages.shown(delivery.slot, delivery.platform, sealed, parts.clock())
        if await work.outbox.done(delivery) and is_final:
            await work.messages.forget(delivery.slot)


async def _later(parts: Parts, delivery: Delivery, ready: Prepared, fault: TryLater, most: int) -> None:
    """Try again more and more rarely, but not before the platform asks for, and ``most`` times in all."""
    if delivery.attempts >= most:
        await _given_up(parts, delivery, ready, fault)
        return
    backoff = min(timedelta(seconds=2 ** min(delivery.attempts, 16)), LONGEST_WAIT)
    async with parts.store.begin() as work:
        await work.outbox.later(delivery, parts.clock() + max(timedelta(seconds=fault.seconds), backoff))


async def _given_up(parts: Parts, delivery: Delivery, ready: Prepared, fault: Undeliverable | TryLater) -> None:
    is_gone = isinstance(fault, Undeliverable)
    async with parts.store.begin() as work:
        at = parts.clock()
        if is_gone or delivery.learner_id is not None:
            # Nothing can be shown there; and an admin who posts again shall not be told that it is there.
            await work.messages.forget(delivery.slot)
        if delivery.learner_id is not None:
            await work.outbox.shelve(delivery)
            return
        await work.outbox.done(delivery)
        if delivery.detail:
            name = slot_name(SlotKind.UNPOSTED, number_of(delivery.slot))
            await work.outbox.put(name, delivery.platform, int(delivery.detail), at, str(fault))
        elif kind_of(delivery.slot) is SlotKind.POSTING and not ready.to.address:
            never = is_gone and not isinstance(fault, OutcomeUnknown)
            await posting_refused(work, delivery, str(fault), at, is_gone=never)
    parts.wake()
