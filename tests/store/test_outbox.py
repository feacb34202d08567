from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from itertools import chain
from pathlib import Path

import pytest

from bot.core.records import Delivery, Message
from bot.messaging import ACK_GRACE
from bot.store import SqlStore, open_store
from tests.databases import Databases
from tests.store.scene import NOON, Scene, set_scene

SECOND = timedelta(seconds=1)
LEASE = 30 * SECOND
HERE = "terminal"


class Box:
    """The outbox of this platform as its owner uses it, a transaction a step; every time is in seconds after noon."""

    def __init__(self, store: SqlStore, scene: Scene) -> None:
        self.store, self.scene = store, scene

    async def put(self, slot: str, due: float = 0, detail: str = "", platform: str = HERE) -> None:
        async with self.store.begin() as unit:
            await unit.outbox.put(slot, platform, self.scene.ada.id, later(due), detail)

    async def claim(self, at: float = 0, count: int = 10, slot: str = "") -> tuple[Delivery, ...]:
        async with self.store.begin() as unit:
            return await unit.outbox.claim(HERE, later(at), later(at) + LEASE, count, slot)

    async def claim_one(self, at: float = 0) -> Delivery:
        (delivery,) = await self.claim(at)
        return delivery

    async def slots(self, at: float = 0) -> list[str]:
        return [delivery.slot for delivery in await self.claim(at)]

    async def done(self, delivery: Delivery) -> None:
        async with self.store.begin() as unit:
            await unit.outbox.done(delivery)

    async def later(self, delivery: Delivery, due: float) -> None:
        async with self.store.begin() as unit:
            await unit.outbox.later(delivery, later(due))

    async def again(self, slot: str, due: float) -> bool:
        async with self.store.begin() as unit:
            return await unit.outbox.again(slot, later(due))

    async def keep(self, delivery: Delivery) -> None:
        async with self.store.begin() as unit:
            await unit.outbox.shelve(delivery)

    async def kept(self) -> tuple[Delivery, ...]:
        async with self.store.begin() as unit:
            return await unit.outbox.shelved(self.scene.ada)

    async def next_due(self) -> float | None:
        async with self.store.begin() as unit:
            due = await unit.outbox.next_due(HERE)
        return None if due is None else (due - NOON) / SECOND


def later(seconds: float) -> datetime:
    return NOON + seconds * SECOND


@pytest.fixture
async def box(store: SqlStore, scene: Scene) -> Box:
    return Box(store, scene)


async def test_a_line_is_handed_out_as_it_was_put(box: Box) -> None:
    await box.put("verdict:91", detail="awarded é")
    async with box.store.begin() as unit:
        await unit.outbox.put("posting:7", HERE, None, NOON)
    claimed = await box.claim()
    assert [replace(delivery, revision=0) for delivery in claimed] == [
        Delivery("posting:7", HERE, None, "", 1, 0, NOON + LEASE),
        Delivery("verdict:91", HERE, box.scene.ada.id, "awarded é", 1, 0, NOON + LEASE),
    ]


async def test_what_is_due_is_handed_out_the_longest_due_first_and_no_more_than_asked_for(box: Box) -> None:
    for slot, due in [("verdict:10", 2), ("verdict:9", 2), ("verdict:1", 5), ("posting:7", 1), ("upload:3", 0)]:
        await box.put(slot, due)
    claimed = [await box.claim(4, count=2) for _ in range(3)]
    assert [[delivery.slot for delivery in each] for each in claimed] == [
        ["upload:3", "posting:7"],
        ["verdict:9", "verdict:10"],
        [],
    ]
    assert await box.slots(5) == ["verdict:1"]


async def test_a_line_of_another_platform_is_not_ours(box: Box) -> None:
    await box.put("verdict:91", platform="slack")
    assert (await box.claim(), await box.next_due()) == ((), None)


@pytest.mark.parametrize(("slot", "claimed"), [("verdict:2", ["verdict:2"]), ("verdict:3", []), ("verdict:9", [])])
async def test_one_slot_can_be_asked_for(box: Box, slot: str, claimed: list[str]) -> None:
    for name, due in [("verdict:1", 0), ("verdict:2", 0), ("verdict:3", 1)]:
        await box.put(name, due)
    assert [delivery.slot for delivery in await box.claim(slot=slot)] == claimed


@pytest.mark.parametrize(
    ("dues", "counts"),
    [((5, 2), 2), ((2, 5), 2), ((3, 3), 3)],
    ids=["sooner", "later", "the same"],
)
async def test_a_slot_put_twice_is_one_line_of_the_earlier_time_and_the_later_detail(
    box: Box, dues: tuple[float, float], counts: float
) -> None:
    for due, detail in zip(dues, ("first", "second"), strict=True):
        await box.put("verdict:91", due, detail)
    assert await box.next_due() == counts
    assert await box.claim(counts - 0.001) == ()
    assert (await box.claim_one(counts)).detail == "second"


async def test_times_of_any_zone_are_compared_as_instants(box: Box) -> None:
    tokyo = (NOON + SECOND).astimezone(timezone(timedelta(hours=9)))
    for due in (NOON + 2 * SECOND, tokyo):
        async with box.store.begin() as unit:
            await unit.outbox.put("posting:7", HERE, None, due)
    async with box.store.begin() as unit:
        assert len(await unit.outbox.claim(HERE, tokyo, tokyo + LEASE, 1)) == 1
    assert await box.next_due() == 1 + LEASE / SECOND


async def test_what_was_shown_is_gone(box: Box) -> None:
    await box.put("verdict:91")
    await box.done(await box.claim_one())
    assert (await box.claim(1000), await box.next_due()) == ((), None)


async def test_a_line_is_its_claimers_alone_until_the_lease_runs_out(box: Box) -> None:
    await box.put("verdict:91")
    first = await box.claim_one()
    assert await box.claim(29.999) == ()
    assert await box.next_due() == 30
    again = await box.claim_one(30)
    assert (again.slot, again.revision, again.attempts) == (first.slot, first.revision, 2)


async def test_what_came_while_a_line_was_leased_is_due_when_the_line_is_done(box: Box) -> None:
    await box.put("verdict:91", detail="older")
    older = await box.claim_one()
    await box.put("verdict:91", 1, "newer")
    assert await box.claim(5) == ()
    assert await box.next_due() == 30
    await box.done(older)
    assert await box.next_due() == 1
    newer = await box.claim_one(5)
    assert (newer.detail, newer.attempts, newer.revision) == ("newer", 1, older.revision + 1)
    await box.done(newer)
    assert await box.next_due() is None


async def test_what_is_to_be_shown_again_is_shown_again_as_it_is_though_it_is_just_being_shown(box: Box) -> None:
    await box.put("verdict:91", detail="as it is")
    shown = await box.claim_one()
    assert await box.again("verdict:91", 2)
    assert await box.claim(5) == ()
    await box.done(shown)
    assert await box.next_due() == 2
    again = await box.claim_one(5)
    assert (again.detail, again.attempts) == ("as it is", 1)


async def test_what_waits_anyway_is_shown_once_and_no_later_where_it_is_to_be_shown_again(box: Box) -> None:
    await box.put("verdict:91", 3)
    assert await box.again("verdict:91", 9)
    assert await box.next_due() == 3
    assert await box.again("verdict:91", 1)
    await box.done(await box.claim_one(1))
    assert await box.next_due() is None


async def test_what_is_not_to_be_shown_cannot_be_shown_again(box: Box) -> None:
    await box.put("verdict:91")
    await box.keep(await box.claim_one())
    assert not await box.again("verdict:91", 1)
    assert not await box.again("verdict:92", 1)
    assert await box.claim(60) == ()


async def test_what_came_while_a_line_was_leased_keeps_the_time_it_is_for(box: Box) -> None:
    await box.put("posting:7")
    older = await box.claim_one()
    for due in (20, 10, 40):
        await box.put("posting:7", due)
    await box.done(older)
    assert await box.next_due() == 10


async def test_what_came_while_a_line_was_leased_waits_no_longer_than_the_lease(box: Box) -> None:
    await box.put("posting:7")
    await box.claim_one()
    await box.put("posting:7", 3600)
    assert await box.next_due() == 30
    assert await box.slots(30) == ["posting:7"]


async def test_what_could_not_be_shown_is_tried_again_from_then_on(box: Box) -> None:
    await box.put("verdict:91")
    for attempt in (1, 2, 3):
        delivery = await box.claim_one(10 * attempt)
        assert delivery.attempts == attempt
        await box.later(delivery, 10 * attempt + 10)
        assert await box.claim(10 * attempt + 9) == ()
        assert await box.next_due() == 10 * attempt + 10


async def test_what_a_platform_asks_us_to_wait_for_holds_for_what_came_meanwhile_too(box: Box) -> None:
    await box.put("verdict:91", detail="older")
    older = await box.claim_one()
    await box.put("verdict:91", detail="newer")
    await box.later(older, 60)
    assert (await box.claim(59), await box.next_due()) == ((), 60)
    assert (await box.claim_one(60)).detail == "newer"


async def test_what_is_kept_is_never_handed_out_and_waits_for_its_learner(box: Box) -> None:
    for slot, due in [("verdict:10", 0), ("upload:3", 1), ("verdict:9", 0)]:
        await box.put(slot, due)
    deliveries = await box.claim(1)
    for delivery in deliveries:
        await box.keep(delivery)
    assert (await box.claim(1000), await box.next_due()) == ((), None)
    async with box.store.begin() as unit:
        assert await unit.outbox.shelved(box.scene.bob) == ()
    assert {*await box.kept()} == {replace(delivery, attempts=0, leased_until=None) for delivery in deliveries}


async def test_what_is_kept_comes_oldest_first(box: Box) -> None:
    for at, slots in [(0, ("verdict:2",)), (1, ("verdict:10", "verdict:9")), (2, ("verdict:1",))]:
        for slot in slots:
            await box.put(slot, at)
        for delivery in await box.claim(at):
            await box.keep(delivery)
    assert [delivery.slot for delivery in await box.kept()] == ["verdict:2", "verdict:9", "verdict:10", "verdict:1"]


async def test_what_was_kept_is_gone_once_its_learner_has_seen_it(box: Box) -> None:
    await box.put("verdict:91")
    await box.keep(await box.claim_one())
    (kept,) = await box.kept()
    await box.done(kept)
    assert (await box.kept(), await box.next_due()) == ((), None)


async def test_something_newer_makes_a_kept_line_due_at_its_own_time_and_afresh(box: Box) -> None:
    await box.put("verdict:91", detail="older")
    await box.keep(await box.claim_one())
    (kept,) = await box.kept()
    await box.put("verdict:91", 50, "newer")
    assert (await box.kept(), await box.next_due()) == ((), 50)
    newer = await box.claim_one(50)
    assert (newer.detail, newer.attempts) == ("newer", 1)
    await box.done(kept)  # its learner was being shown it
    assert await box.next_due() == 80
    await box.done(newer)
    assert await box.next_due() is None


async def test_something_newer_is_tried_even_if_what_was_before_it_could_not_be_shown(box: Box) -> None:
    await box.put("verdict:91", detail="older")
    older = await box.claim_one()
    await box.put("verdict:91", 1, "newer")
    await box.keep(older)
    assert (await box.kept(), await box.next_due()) == ((), 1)
    await box.keep(await box.claim_one(1))
    assert [delivery.detail for delivery in await box.kept()] == ["newer"]


LATE: dict[str, Callable[[Box, Delivery], Awaitable[None]]] = {
    "later": lambda box, delivery: box.later(delivery, 0),
    "kept": lambda box, delivery: box.keep(delivery),
}


@pytest.mark.parametrize("late", LATE.values(), ids=LATE)
async def test_whoever_comes_after_the_lease_takes_nothing_from_the_next_one(
    box: Box, late: Callable[[Box, Delivery], Awaitable[None]]
) -> None:
    await box.put("verdict:91")
    slow = await box.claim_one()
    await box.claim_one(30)
    await late(box, slow)
    assert (await box.claim(31), await box.kept(), await box.next_due()) == ((), (), 60)


async def test_done_after_the_lease_with_something_newer_takes_nothing_from_the_next_one(box: Box) -> None:
    await box.put("verdict:91")
    slow = await box.claim_one()
    await box.put("verdict:91")
    newer = await box.claim_one(30)
    await box.done(slow)
    assert await box.next_due() == 60
    await box.done(newer)
    assert await box.next_due() is None


async def test_whoever_held_a_line_that_is_gone_takes_nothing_from_a_new_one_of_its_slot(box: Box) -> None:
    await box.put("verdict:91")
    slow = await box.claim_one()
    await box.done(await box.claim_one(30))
    await box.put("verdict:91", 31, "new")
    await box.done(slow)
    assert (await box.claim_one(31)).detail == "new"


@pytest.mark.parametrize(
    ("shown", "at", "handed_out"),
    [
        (False, 1, False),
        (False, ACK_GRACE / SECOND - 0.001, False),
        (False, ACK_GRACE / SECOND, True),
        (True, 1, True),
    ],
)
async def test_nothing_is_shown_in_a_message_the_platform_has_yet_to_take(
    box: Box, shown: bool, at: float, handed_out: bool
) -> None:
    async with box.store.begin() as unit:
        await unit.messages.expect(Message("verdict:91", HERE, "", NOON))
        await unit.outbox.put("verdict:91", HERE, box.scene.ada.id, NOON)
        if shown:
            await unit.messages.shown("verdict:91", HERE, "", NOON)
    assert await box.next_due() == (0 if shown else ACK_GRACE / SECOND)
    assert bool(await box.claim(at)) is handed_out


async def test_one_message_nobody_has_taken_holds_up_no_other(box: Box) -> None:
    async with box.store.begin() as unit:
        await unit.messages.expect(Message("verdict:91", HERE, "", NOON))
    for slot in ("verdict:91", "verdict:92"):
        await box.put(slot)
    assert await box.next_due() == 0
    assert await box.slots(1) == ["verdict:92"]


async def test_the_next_line_may_be_claimed_exactly_when_that_is_said(box: Box) -> None:
    """Whatever has happened to a handful of lines, nothing is handed out before that moment, and something at it."""
    chance = random.Random(4)
    for number in range(12):
        slot = f"verdict:{number}"
        if number % 2:
            async with box.store.begin() as unit:
                await unit.messages.expect(Message(slot, HERE, "", later(chance.randrange(40))))
        await box.put(slot, chance.randrange(40))
    moments = []
    while (due := await box.next_due()) is not None:
        moments.append(due)
        assert await box.claim(due - 0.001) == ()
        (delivery,) = await box.claim(due, count=1)
        match chance.choice(["done", "keep", "later", "newer", "nothing"]):
            case "done":
                await box.done(delivery)
            case "keep":
                await box.keep(delivery)
            case "later":
                await box.later(delivery, due + chance.randrange(40))
            case "newer":
                await box.put(delivery.slot, due + chance.randrange(40))
                await box.done(delivery)
    assert moments == sorted(moments)
    assert len(moments) > 12


async def test_nothing_put_by_a_transaction_that_fails_is_handed_out(box: Box) -> None:
    async def fail() -> None:
        async with box.store.begin() as unit:
            await unit.outbox.put("verdict:91", HERE, None, NOON)
            raise InterruptedError

    with pytest.raises(InterruptedError):
        await fail()
    assert await box.claim() == ()


async def test_many_claimers_at_once_hand_out_every_line_once(store: SqlStore, url: str, scene: Scene) -> None:
    others = [await open_store(url) for _ in range(2)]
    async with store.begin() as unit:
        for number in range(120):
            await unit.outbox.put(f"verdict:{number}", HERE, None, NOON)

    async def empty(mine: SqlStore) -> list[str]:
        claimed: list[str] = []
        while some := await Box(mine, scene).claim(count=7):
            claimed += [delivery.slot for delivery in some]
        return claimed

    each = await asyncio.gather(*(empty(mine) for mine in (store, store, *others)))
    for other in others:
        await other.close()
    assert sorted(chain.from_iterable(each)) == sorted(f"verdict:{number}" for number in range(120))


async def test_claimers_do_not_wait_for_each_other_where_transactions_run_side_by_side(
    postgres: Databases,
) -> None:
    store = await open_store(postgres("migrated"))
    box = Box(store, await set_scene(store))
    for slot in ("verdict:1", "verdict:2"):
        await box.put(slot)
    async with store.begin() as unit:
        (first,) = await unit.outbox.claim(HERE, NOON, NOON + LEASE, 1)
        assert [delivery.slot for delivery in await box.claim()] == ["verdict:2"]
    await store.close()
    assert first.slot == "verdict:1"


async def test_however_often_a_slot_changes_while_it_is_shown_the_newest_is_shown_in_the_end(box: Box) -> None:
    shown: list[str] = []
    is_writing = True

    async def write() -> None:
        nonlocal is_writing
        for number in range(40):
            await box.put("posting:7", detail=str(number))
        is_writing = False

    async def show() -> None:
        while is_writing or await box.next_due() is not None:
            for delivery in await box.claim():
                shown.append(delivery.detail)
                await box.done(delivery)

    await asyncio.gather(write(), show(), show())
    assert shown[-1] == "39"
    assert shown == sorted(shown, key=int)


async def test_asking_a_file_with_nothing_due_writes_nothing_to_disk(sqlite_url: str) -> None:
    store = await open_store(sqlite_url)
    box = Box(store, await set_scene(store))
    await box.put("verdict:1", 60)
    await box.put("verdict:2")
    await box.claim_one()
    before = written_ahead(sqlite_url)
    for _ in range(3):
        assert (await box.claim(1), await box.next_due(), await box.kept()) == ((), 30, ())
    assert written_ahead(sqlite_url) == before
    await box.put("verdict:3")
    assert written_ahead(sqlite_url) != before
    await store.close()


def written_ahead(sqlite_url: str) -> tuple[int, bytes]:
    log = Path(f"{sqlite_url.removeprefix('sqlite:///')}-wal")
    return log.stat().st_mtime_ns, log.read_bytes()
