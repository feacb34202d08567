"""Delivering: what the outbox holds is shown where it belongs, now or after a restart."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from bot.core.cards import Card
from bot.core.commands import VERBS, Command
from bot.core.effects import Show, To
from bot.core.presenting.postings import posting_card
from bot.core.presenting.troubles import unposted_card
from bot.core.records import Delivery, PostingState, UploadState
from bot.core.slots import SlotKind, kind_of, number_of
from bot.core.slots import slot as slot_name
from bot.ports import Destination, Messenger, StoreUnavailable, TryLater, Undeliverable
from bot.repositories import UnitOfWork
from bot.usecases.judging import case_of, outcome_card
from bot.usecases.parts import Effects, Parts
from bot.usecases.replies import address_of
from bot.usecases.uploading import upload_effect
from bot.usecases.visiting import Caller

LEASE = timedelta(seconds=30)
"""How long a line of the outbox is ours to show; another process may take it after that."""
AT_ONCE = 32
"""Messages a platform is asked to take at the same time."""
POLL_SECONDS = 1.0
"""How soon what another process wrote is noticed."""
MOST_ATTEMPTS = 8
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A line of the outbox, ready to be shown; ``is_final``: nothing more will come for its slot by itself."""

    show: Show
    to: Destination
    is_final: bool


async def deliver_forever(parts: Parts, messenger: Messenger) -> None:
    """Show what comes into the outbox of a platform, as soon as it comes."""
    going: set[asyncio.Task[None]] = set()
    while True:
        ring = parts.bell.next
        # What is claimed is begun at once: a lease that runs out in a queue has another process show the same.
        claimed = await _claimed_or_none(parts, messenger, AT_ONCE - len(going))
        for delivery in claimed:
            task = parts.background.start(_deliver(parts, messenger, delivery))
            going.add(task)
            task.add_done_callback(going.discard)
        if len(going) >= AT_ONCE:
            await asyncio.wait(going, return_when=asyncio.FIRST_COMPLETED)
        elif not claimed:
            await parts.bell.until(ring, POLL_SECONDS)


async def _claimed_or_none(parts: Parts, messenger: Messenger, count: int) -> tuple[Delivery, ...]:
    # A database that is away must not end what has to go on when it is back.
    try:
        return await _claim(parts, messenger.platform, count=count)
    except StoreUnavailable as fault:
        _log.warning("the outbox cannot be read; trying again soon", platform=messenger.platform, reason=str(fault))
    except Exception:
        _log.exception("the outbox cannot be read; trying again soon", platform=messenger.platform)
    await asyncio.sleep(POLL_SECONDS)
    return ()


async def deliver_due(parts: Parts, messenger: Messenger) -> None:
    """Show what is due now, one after the other."""
    while claimed := await _claim(parts, messenger.platform, count=1):
        for delivery in claimed:
            await _deliver(parts, messenger, delivery)


async def follow(parts: Parts, messenger: Messenger, slot: str) -> None:
    """Wait until ``slot`` has something to show, and show it.

    Raises :class:`bot.ports.StoreUnavailable`.
    """
    while True:
        ring = parts.bell.next
        if claimed := await _claim(parts, messenger.platform, slot=slot):
            await _deliver(parts, messenger, claimed[0])
            return
        if await _shown_elsewhere(parts, messenger, slot):
            return
        await parts.bell.until(ring, POLL_SECONDS)


async def _shown_elsewhere(parts: Parts, messenger: Messenger, slot: str) -> bool:
    """Show what another process of this platform has shown in our stead; whether there was anything."""
    at = parts.clock()
    async with parts.store.begin() as work:
        message = await work.messages.find(slot)
        if message is not None:
            return False
        prepared = await _prepared(parts, work, Delivery(slot, messenger.platform, None, "", 0, 0), at)
    if prepared is not None:
        await messenger.deliver(prepared.show, prepared.to)
    return True


async def _claim(parts: Parts, platform: str, *, count: int = AT_ONCE, slot: str = "") -> tuple[Delivery, ...]:
    at = parts.clock()
    async with parts.store.begin() as work:
        return await work.outbox.claim(platform, at, at + LEASE, count, slot)


async def _deliver(parts: Parts, messenger: Messenger, delivery: Delivery) -> None:
    at = parts.clock()
    async with parts.store.begin() as work:
        prepared = await _prepared(parts, work, delivery, at)
        if prepared is None:
            await work.outbox.done(delivery)
            return
    try:
        address = await messenger.deliver(prepared.show, prepared.to)
    except Undeliverable as fault:
        _log.warning("a message cannot be shown", slot=delivery.slot, reason=str(fault))
        # An admin who posts again shall not be told that it is there.
        await _given_up(parts, delivery, str(fault), is_gone=True)
    except TryLater as fault:
        await _later(parts, delivery, fault.seconds, str(fault))
    except Exception:  # whatever it is, the message is still to be shown
        _log.exception("showing a message failed", slot=delivery.slot)
        await _later(parts, delivery, 0, "something went wrong on our side")
    else:
        moved = "" if address == prepared.to.address else address
        await _delivered(parts, delivery, moved, prepared.is_final)


async def _delivered(parts: Parts, delivery: Delivery, moved: str, is_final: bool) -> None:
    async with parts.store.begin() as work:
        sealed = parts.seal.close(moved) if moved else ""
        await work.messages.shown(delivery.slot, delivery.platform, sealed, parts.clock())
        if is_final:
            await work.messages.forget(delivery.slot)
        await work.outbox.done(delivery)


async def _later(parts: Parts, delivery: Delivery, seconds: float, reason: str) -> None:
    """Try again more and more rarely, but not before ``seconds`` are over."""
    if delivery.attempts >= MOST_ATTEMPTS:
        await _given_up(parts, delivery, reason, is_gone=False)
        return
    wait = timedelta(seconds=max(seconds, 2**delivery.attempts))
    async with parts.store.begin() as work:
        await work.outbox.later(delivery, parts.clock() + wait)


async def _given_up(parts: Parts, delivery: Delivery, reason: str, *, is_gone: bool) -> None:
    async with parts.store.begin() as work:
        if delivery.learner_id is not None:
            await work.outbox.keep(delivery)
            return
        if is_gone:
            await work.messages.forget(delivery.slot)
        await work.outbox.done(delivery)
        if delivery.detail:
            name = slot_name(SlotKind.UNPOSTED, number_of(delivery.slot))
            await work.outbox.put(name, delivery.platform, int(delivery.detail), parts.clock(), reason)
    parts.wake()


async def _prepared(parts: Parts, work: UnitOfWork, delivery: Delivery, at: datetime) -> _Prepared | None:
    """What is to be shown in a slot as things are now; ``None`` where there is nothing any more."""
    address = address_of(parts, await work.messages.find(delivery.slot), at)
    kind, number = kind_of(delivery.slot), number_of(delivery.slot)
    if kind is SlotKind.POSTING:
        return await _posting(work, delivery.slot, number, address)
    if kind is SlotKind.UNPOSTED:
        posting = await work.postings.get(number)
        assert posting is not None, "postings are never deleted"
        assert delivery.learner_id is not None, "it is for the admin who posted"
        to = await _to_learner(work, delivery.learner_id, address)
        return _Prepared(Show(unposted_card(posting, delivery.detail), slot=delivery.slot), to, is_final=True)
    if kind is SlotKind.VERDICT:
        submission = await work.submissions.get(number)
        if submission is None:
            return None
        case = await case_of(work, submission)
        card = await outcome_card(parts, work, case, delivery.detail)
        to = await _to_learner(work, submission.learner_id, address)
        return _Prepared(Show(card, slot=delivery.slot), to, is_final=submission.verdict is not None)
    upload = await work.uploads.get(number)
    shown = await upload_effect(parts, work, number)
    if upload is None or shown is None:
        return None
    to = await _to_learner(work, upload.learner_id, address)
    return _Prepared(Show(shown, slot=delivery.slot), to, is_final=upload.state is not UploadState.CHECKING)


async def _posting(work: UnitOfWork, slot: str, number: int, address: str) -> _Prepared | None:
    posting = await work.postings.get(number)
    if posting is None or posting.state is PostingState.VOID:
        return None
    answered, solved = await work.competition.counts(posting)
    schedule = await work.communities.schedule_of(posting)
    community = await work.communities.community_of(posting.community_id)
    card = posting_card(posting, answered, solved)
    to = Destination(community.external_id, schedule.channel, "", address)
    return _Prepared(Show(card, To.PUBLIC, slot), to, is_final=False)


async def _to_learner(work: UnitOfWork, learner_id: int, address: str) -> Destination:
    learner = await work.communities.learner_with(learner_id)
    community = await work.communities.community_of(learner.community_id)
    return Destination(community.external_id, "", learner.external_id, address)


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
            (prepared.show.card, delivery)
            for delivery in await work.outbox.kept(learner)
            if (prepared := await _prepared(parts, work, delivery, at))
        ]
    for card, delivery in waiting:
        yield card, delivery
