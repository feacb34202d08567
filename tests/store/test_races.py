"""Two processes on one PostgreSQL at the same moment: one transaction is held open until the other waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from bot.core.records import QuestionVersion
from bot.repositories import UnitOfWork
from bot.store import SqlStore, open_store
from bot.usecases import closing
from bot.usecases.calendar import post_due
from bot.usecases.closing import PATIENCE
from bot.usecases.opening import open_posting
from tests.store.conftest import Databases
from tests.store.scene import DAY, MONDAY, NOON, VALUE, Scene, rows, set_scene
from tests.usecases.test_delivering import Server
from tests.usecases.town import DOUBLE, SQUARE

pytestmark = pytest.mark.timeout(60)
MINUTE = timedelta(minutes=1)
WAITING = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


@pytest.fixture
def url(postgres: Databases) -> str:
    return postgres("migrated")


@pytest.fixture
async def store(url: str) -> AsyncIterator[SqlStore]:
    store = await open_store(url)
    yield store
    await store.close()


@pytest.fixture
async def scene(store: SqlStore) -> Scene:
    return await set_scene(store)


async def waits(url: str, task: asyncio.Task[Any]) -> bool:
    """Whether the task comes to wait for a lock; it does not where it ends."""
    while not task.done():
        if await rows(url, WAITING):
            return True
        await asyncio.sleep(0.01)
    return False


async def closes(unit: UnitOfWork, scene: Scene, version: QuestionVersion) -> None:
    """The next question opens, and this one closes."""
    posting, is_new = await unit.postings.claim(scene.schedule, MONDAY + DAY, version, NOON + DAY)
    assert is_new
    for closed in await unit.postings.closed_by(posting):
        await closing.close(unit, scene.community, closed, NOON + DAY)


async def due(url: str) -> list[Any]:
    return [row.due_at for row in await rows(url, "SELECT due_at FROM outbox WHERE slot LIKE 'closing:%'")]


@pytest.fixture
async def other(store: SqlStore) -> QuestionVersion:
    async with store.begin() as unit:
        version = await unit.questions.add_version(VALUE, "v", 1)
    assert version is not None
    return version


async def test_an_answer_stored_while_its_question_closes_is_waited_for(
    store: SqlStore, url: str, scene: Scene, other: QuestionVersion
) -> None:
    async def close() -> None:
        async with store.begin() as unit:
            await closes(unit, scene, other)

    async with store.begin() as unit:
        answer = await unit.submissions.add(scene.posting, scene.ada, "e", "x", NOON)
        assert answer is not None
        closed = asyncio.create_task(close())
        assert await waits(url, closed)
    await closed
    assert await due(url) == [NOON + DAY + PATIENCE]


async def test_an_answer_that_is_stored_after_its_question_closed_is_not_taken(
    store: SqlStore, url: str, scene: Scene, other: QuestionVersion
) -> None:
    async def answer() -> object:
        async with store.begin() as unit:
            return await unit.submissions.add(scene.posting, scene.ada, "e", "x", NOON)

    async with store.begin() as unit:
        await closes(unit, scene, other)
        answered = asyncio.create_task(answer())
        assert await waits(url, answered)
    assert await answered is None
    assert await due(url) == [NOON + DAY]


async def test_an_answer_made_void_while_its_question_closes_is_not_waited_for(
    store: SqlStore, url: str, scene: Scene, other: QuestionVersion
) -> None:
    async def close() -> None:
        async with store.begin() as unit:
            await closes(unit, scene, other)

    async with store.begin() as unit:
        answer = await unit.submissions.add(scene.posting, scene.ada, "e", "x", NOON)
    async with store.begin() as unit:
        assert await unit.submissions.void(answer, scene.version)
        await closing.settle(unit, scene.community, scene.posting, NOON + DAY)
        closed = asyncio.create_task(close())
        assert await waits(url, closed)
    await closed
    assert await due(url) == [NOON + DAY]


async def test_an_answer_made_void_just_after_its_question_closed_settles_it(
    store: SqlStore, url: str, scene: Scene, other: QuestionVersion
) -> None:
    async with store.begin() as unit:
        answer = await unit.submissions.add(scene.posting, scene.ada, "e", "x", NOON)

    async def void() -> None:
        async with store.begin() as unit:
            assert await unit.submissions.void(answer, scene.version)
            await closing.settle(unit, scene.community, scene.posting, NOON + DAY + MINUTE)

    async with store.begin() as unit:
        await closes(unit, scene, other)
        voided = asyncio.create_task(void())
        assert await waits(url, voided)
    await voided
    assert await due(url) == [NOON + DAY + MINUTE]


async def test_an_answer_that_another_version_may_read_is_not_made_void(
    store: SqlStore, url: str, scene: Scene, other: QuestionVersion
) -> None:
    async with store.begin() as unit:
        answer = await unit.submissions.add(scene.posting, scene.ada, "e", "x", NOON)

    async def void() -> bool:
        async with store.begin() as unit:
            return await unit.submissions.void(answer, scene.version)

    async with store.begin() as unit:
        assert await unit.postings.move(scene.posting, other)
        voided = asyncio.create_task(void())
        assert await waits(url, voided)
    assert not await voided
    async with store.begin() as unit:
        assert [each.id for each in await unit.submissions.unjudged()] == [answer.id]


async def test_whoever_comes_second_to_open_a_day_leaves_it_as_it_was_opened(store: SqlStore, url: str) -> None:
    server = Server(store)
    await server.asks(DOUBLE, SQUARE)
    await server.say("gradadmin setup 09:00 Europe/Berlin daily")
    await server.posts()
    await server.say("gradadmin schedule queue double")
    parts = server.service._parts
    async with store.read() as work:
        community = await work.communities.community_of(1)
        schedule = await work.schedules.get(1)
        opened = await work.postings.get(1)
        assert schedule is not None
        assert schedule.next_at is not None
        assert opened is not None
    server.now = schedule.next_at
    day = opened.local_date + DAY
    async with store.begin() as work:
        new = await open_posting(parts, work, community, schedule, day, server.now + MINUTE)
        assert new is not None
        assert new.is_new
        ticked = asyncio.create_task(post_due(parts))
        assert await waits(url, ticked)
    assert await ticked == 0
    # Closed twice, it would be told of at the earlier of two times.
    assert await due(url) == [server.now + MINUTE]
    assert await rows(url, "SELECT slot FROM outbox WHERE slot LIKE 'posting:%'") == []


async def test_what_is_sent_while_its_question_closes_comes_back(store: SqlStore, url: str) -> None:
    server = Server(store)
    await server.asks(DOUBLE, SQUARE)
    await server.posts()
    async with store.read() as work:
        community = await work.communities.community_of(1)
        first = await work.postings.get(1)
    assert first is not None
    parts, day = server.service._parts, first.local_date + DAY
    async with store.begin() as work:
        assert await open_posting(parts, work, community, first.schedule, day, server.now + MINUTE) is not None
        answered = asyncio.create_task(server.say("answer [4, 6]", "Bob", about=1))
        assert await waits(url, answered)
    said = (await answered).text
    assert "[4, 6]" in said
    assert "That question has closed" in said
    assert await rows(url, "SELECT id FROM submission") == []
