from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.records import Message
from bot.store import SqlStore
from tests.store.scene import NOON

SECOND = timedelta(seconds=1)
EXPECTED = Message("verdict:91", "discord", "sealed é\n", NOON, expires_at=NOON + 900 * SECOND)


async def found(store: SqlStore, slot: str = EXPECTED.slot) -> Message | None:
    async with store.begin() as unit:
        return await unit.messages.find(slot)


@pytest.fixture
async def expecting(store: SqlStore) -> SqlStore:
    async with store.begin() as unit:
        await unit.messages.expect(EXPECTED)
    return store


async def test_where_a_message_is_about_to_be_shown_is_remembered(expecting: SqlStore) -> None:
    assert await found(expecting) == EXPECTED
    assert await found(expecting, "verdict:9") is None


async def test_a_message_nobody_has_taken_yet_may_be_expected_elsewhere(expecting: SqlStore) -> None:
    elsewhere = Message(EXPECTED.slot, "discord", "another reply", NOON + SECOND)
    async with expecting.begin() as unit:
        await unit.messages.expect(elsewhere)
    assert await found(expecting) == elsewhere


async def test_a_message_that_is_shown_stays_as_it_is_however_often_it_is_expected(expecting: SqlStore) -> None:
    async with expecting.begin() as unit:
        await unit.messages.shown(EXPECTED.slot, "discord", "", NOON + SECOND)
        await unit.messages.expect(Message(EXPECTED.slot, "discord", "another reply", NOON + 2 * SECOND))
    assert await found(expecting) == replace(EXPECTED, shown_at=NOON + SECOND)


@pytest.mark.parametrize(
    ("address", "moved"),
    [("", {}), ("elsewhere", {"address": "elsewhere", "expires_at": None})],
    ids=["where it was expected", "at an address of its own, which nobody knows to expire"],
)
async def test_what_is_shown_is_where_the_platform_says(
    expecting: SqlStore, address: str, moved: dict[str, object]
) -> None:
    for at in (NOON + SECOND, NOON + 2 * SECOND):
        async with expecting.begin() as unit:
            await unit.messages.shown(EXPECTED.slot, "discord", address, at)
        assert await found(expecting) == replace(EXPECTED, shown_at=at, **moved)


async def test_a_message_nobody_expected_is_remembered_when_it_is_shown(store: SqlStore) -> None:
    async with store.begin() as unit:
        await unit.messages.shown("posting:7", "slack", "C1/17.5", NOON)
    assert await found(store, "posting:7") == Message("posting:7", "slack", "C1/17.5", NOON, shown_at=NOON)


async def test_what_is_forgotten_is_gone_and_no_other(expecting: SqlStore) -> None:
    other = replace(EXPECTED, slot="verdict:9")
    async with expecting.begin() as unit:
        await unit.messages.expect(other)
        for _ in range(2):
            await unit.messages.forget(EXPECTED.slot)
    assert await found(expecting) is None
    assert await found(expecting, other.slot) == other
