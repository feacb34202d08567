"""Two bots on one PostgreSQL: each question is posted once, each verdict told once, and no bank is filled twice."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import psycopg
import pytest
import pytest_asyncio

from bot import wiring
from bot.authoring.template import template
from bot.core.commands import Command
from bot.core.slots import SlotKind, kind_of
from bot.repositories import UnitOfWork
from bot.store import open_store
from bot.usecases import calendar
from bot.usecases.banks import FULL
from tests.databases import Databases
from tests.store.scene import rows
from tests.usecases.conftest import town as town
from tests.usecases.town import DAY, DOUBLE, RIGHT, Town

BANK = [replace(DOUBLE, id=f"double-{number:02}", title=f"Twice, no. {number}") for number in range(12)]
CHANNELS = [f"channel-{number}" for number in range(8)]
DAYS = 3
EIGHT = datetime(2026, 3, 9, 7, tzinfo=UTC)


class Bot(Town):
    """A town as one of the two bots sees it, with a judge of its own."""

    def now_is(self, now: datetime) -> None:
        self.now = now
        self.service._parts.clock_bell.ring()


@pytest.fixture
def url(postgres: Databases) -> str:
    return postgres("migrated")


@pytest_asyncio.fixture
async def bots(url: str) -> AsyncIterator[tuple[Bot, Bot]]:
    async with AsyncExitStack() as stack:
        found = []
        for _ in range(2):
            store = await open_store(url, migrate=False)
            stack.push_async_callback(store.close)
            bot = Bot(store)
            stack.push_async_callback(bot.service.close)
            bot.now_is(EIGHT)
            await bot.asks(*BANK)
            found.append(bot)
        yield found[0], found[1]


async def until_empty(url: str) -> None:
    async with asyncio.timeout(60):
        while await rows(url, "SELECT slot FROM outbox"):  # noqa: ASYNC110
            await asyncio.sleep(0.1)


async def test_both_keep_the_calendar_and_deliver_and_everything_comes_once(
    bots: tuple[Bot, Bot], url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calendar, "LOOK_SECONDS", 0.1)
    for channel in CHANNELS:
        bots[0].channel = channel
        assert "Set up" in (await bots[0].say("gradadmin setup 09:00 Europe/Berlin daily")).text
    bots[0].shown.clear()
    async with AsyncExitStack() as stack:
        for bot in bots:
            for work in (bot.service.keep_calendar(beats=True), bot.service.deliver_forever(bot)):
                stack.push_async_callback(wiring._cancel, asyncio.create_task(work))
        for day in range(DAYS):
            for bot in bots:
                bot.now_is(EIGHT + timedelta(hours=1) + day * DAY)
            async with asyncio.timeout(60):
                while len(await rows(url, "SELECT id FROM posting")) < len(CHANNELS) * (day + 1):  # noqa: ASYNC110
                    await asyncio.sleep(0.1)
            await until_empty(url)
    shown = Counter(show.slot for bot in bots for show, _ in bot.shown if kind_of(show.slot) is SlotKind.POSTING)
    per_day = await rows(url, "SELECT schedule_id, local_date FROM posting")
    assert len(per_day) == len(set(map(tuple, per_day))) == len(CHANNELS) * DAYS
    assert set(shown.values()) == {1}
    assert len(shown) == len(CHANNELS) * DAYS


async def test_a_verdict_is_told_by_one_of_them_once(bots: tuple[Bot, Bot], url: str) -> None:
    await bots[0].say("today")
    async with AsyncExitStack() as stack:
        for bot in bots:
            stack.push_async_callback(wiring._cancel, asyncio.create_task(bot.service.deliver_forever(bot)))
        for number in range(20):
            effects = bots[number % 2].begin(f"answer {RIGHT}", f"Person {number}", f"event {number}")
            shown = await anext(effects)
            await effects.aclose()
            await bots[(number + 1) % 2].service.shown(shown.slot, "terminal", "")
        for bot in bots:
            await bot.settles()
        await until_empty(url)
    told = Counter(show.slot for bot in bots for show, _ in bot.shown if kind_of(show.slot) is SlotKind.VERDICT)
    assert set(told.values()) == {1}
    assert len(told) == 20


async def test_no_bank_is_filled_by_both(bots: tuple[Bot, Bot], url: str, town: Town) -> None:
    await town.asks(*BANK)
    await town.service.fill_banks()
    async with AsyncExitStack() as stack:
        for bot in bots:
            fill = partial(wiring._fill_banks, bot.service)
            work = wiring._again_and_again(bot.service, wiring.FILLING, fill, 0.2)
            stack.push_async_callback(wiring._cancel, asyncio.create_task(work))
        async with asyncio.timeout(100):
            counted = (0,)
            while tuple(counted) != (len(BANK) * sum(FULL.values()),):
                await asyncio.sleep(0.2)
                (counted,) = await rows(url, "SELECT count(*) FROM trial")
        await asyncio.sleep(2)
    assert sorted(bots[0].judge.draws + bots[1].judge.draws) == sorted(town.judge.draws), "as one alone would have"


async def test_an_upload_is_proven_once_and_taken_over_from_a_bot_that_ends(bots: tuple[Bot, Bot], url: str) -> None:
    may_prove, begun = asyncio.Event(), list[Bot]()

    async def begins(bot: Bot) -> None:
        begun.append(bot)
        await may_prove.wait()

    for bot in bots:
        bot.judge.before_judging = partial(begins, bot)
    upload = Command("upload", template("my-mean", "value"))
    [effect async for effect in bots[0].service.handle(bots[0].caller(), upload, "sent once")]
    async with asyncio.timeout(30):
        while begun != [bots[0]]:  # noqa: ASYNC110
            await asyncio.sleep(0.1)
        for _ in range(3):
            await bots[1].service.resume()
            await asyncio.sleep(0.5)
        assert begun == [bots[0]]
        await bots[0].service.close()
        while begun != [*bots]:  # noqa: ASYNC110
            await asyncio.sleep(0.1)
        may_prove.set()
        while not await rows(url, "SELECT id FROM upload WHERE state = 'proven'"):  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    assert (bots[0].judge.proven, bots[1].judge.proven) == ([], ["my-mean"])


async def test_a_line_another_transaction_holds_is_not_asked_for_without_pause(
    bots: tuple[Bot, Bot], url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bot, asked = bots[0], 0

    def counted() -> AbstractAsyncContextManager[UnitOfWork]:
        nonlocal asked
        asked += 1
        return begin()

    async with bot.store.begin() as work:
        await work.outbox.put("notice:1", bot.platform, None, bot.now)
    async with await psycopg.AsyncConnection.connect(url) as other:
        await other.execute("SELECT slot FROM outbox FOR UPDATE")
        begin = bot.store.begin
        monkeypatch.setattr(bot.store, "begin", counted)
        delivering = asyncio.create_task(bot.service.deliver_forever(bot))
        await asyncio.sleep(0.5)
        assert 1 <= asked <= 12
    await until_empty(url)
    await wiring._cancel(delivering)
