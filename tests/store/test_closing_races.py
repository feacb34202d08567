"""What happens on PostgreSQL while a question closes and the next one opens; SQLite takes turns."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from bot.core.records import QuestionVersion, Submission
from bot.repositories import UnitOfWork
from bot.store import SqlStore
from bot.usecases import calendar, closing
from bot.usecases.closing import PATIENCE
from bot.usecases.opening import open_posting
from tests.store.racing import Act, race
from tests.store.scene import DAY, MONDAY, NOON, VALUE, Scene, rows
from tests.usecases.test_delivering import Server
from tests.usecases.town import DOUBLE, SQUARE

MINUTE = timedelta(minutes=1)
CLOSED = NOON + DAY


@pytest.fixture
def url(postgres: Callable[[str], str]) -> str:
    return postgres("migrated")


@pytest.fixture
async def other(store: SqlStore) -> QuestionVersion:
    async with store.begin() as unit:
        version = await unit.questions.add_version(VALUE, "v", 1)
    assert version is not None
    return version


@pytest.fixture
def close(scene: Scene, other: QuestionVersion) -> Act:
    """The next question opens, and this one closes."""

    async def act(unit: UnitOfWork) -> None:
        posting, is_new = await unit.postings.claim(scene.schedule, MONDAY + DAY, other, CLOSED)
        assert is_new
        for closed in await unit.postings.closed_by(posting):
            await closing.close(unit, scene.community, closed, CLOSED)

    return act


@pytest.fixture
def answer(scene: Scene) -> Act:
    return lambda unit: unit.submissions.add(scene.posting, scene.ada, "e", "x", NOON)


@pytest.fixture
async def answered(store: SqlStore, answer: Act) -> Submission:
    async with store.begin() as unit:
        stored: Submission = await answer(unit)
    return stored


async def due(url: str) -> list[Any]:
    return [row.due_at for row in await rows(url, "SELECT due_at FROM outbox WHERE slot LIKE 'closing:%'")]


async def test_an_answer_stored_while_its_question_closes_is_waited_for(
    store: SqlStore, url: str, answer: Act, close: Act
) -> None:
    stored, _ = await race(store, answer, close, after="INSERT INTO submission")
    assert isinstance(stored, Submission)
    assert await due(url) == [CLOSED + PATIENCE]


async def test_an_answer_that_is_stored_after_its_question_closed_is_not_taken(
    store: SqlStore, url: str, answer: Act, close: Act
) -> None:
    assert await race(store, close, answer, after="UPDATE posting") == (None, None)
    assert await due(url) == [CLOSED]
    assert await rows(url, "SELECT id FROM submission") == []


@pytest.mark.parametrize("is_first", [True, False], ids=["just before", "just after"])
async def test_an_answer_made_void_while_its_question_closes_is_not_waited_for(
    store: SqlStore, url: str, scene: Scene, close: Act, answered: Submission, is_first: bool
) -> None:
    async def void(unit: UnitOfWork) -> None:
        assert await unit.submissions.void(answered, scene.version)
        await closing.settle(unit, scene.community, scene.posting, CLOSED + MINUTE)

    if is_first:
        assert await race(store, void, close, after="UPDATE submission") == (None, None)
    else:
        assert await race(store, close, void, after="UPDATE posting") == (None, None)
    assert await due(url) == [CLOSED if is_first else CLOSED + MINUTE]


async def test_an_answer_that_another_version_may_read_is_not_made_void(
    store: SqlStore, scene: Scene, other: QuestionVersion, answered: Submission
) -> None:
    outcomes = await race(
        store,
        lambda unit: unit.postings.move(scene.posting, other),
        lambda unit: unit.submissions.void(answered, scene.version),
        after="UPDATE posting",
    )
    assert outcomes == (True, False)
    async with store.begin() as unit:
        assert [each.id for each in await unit.submissions.unjudged()] == [answered.id]


@pytest.fixture
async def server(store: SqlStore) -> Server:
    server = Server(store)
    await server.asks(DOUBLE, SQUARE)
    await server.say("gradadmin setup 09:00 Europe/Berlin daily")
    await server.posts()
    return server


async def opens(server: Server) -> Act:
    """Somebody opens the next day's question by hand, a minute after it was due."""
    async with server.store.read() as work:
        community = await work.communities.community_of(1)
        schedule = await work.schedules.get(1)
        opened = await work.postings.get(1)
    assert schedule is not None
    assert schedule.next_at is not None
    assert opened is not None
    server.now, day, at = schedule.next_at, opened.local_date + DAY, schedule.next_at + MINUTE
    return lambda work: open_posting(server.service._parts, work, community, schedule, day, at)


async def test_whoever_comes_second_to_open_a_day_leaves_it_as_it_was_opened(
    store: SqlStore, url: str, server: Server
) -> None:
    by_hand = await opens(server)
    async with store.read() as work:
        schedule = await work.schedules.get(1)
    assert schedule is not None
    parts = server.service._parts
    new, posted = await race(
        store, by_hand, lambda work: calendar._in_turn(parts, work, schedule), after="INSERT INTO posting"
    )
    assert new.is_new
    assert not posted
    # Closed twice, it would be told of at the earlier of two times.
    assert await due(url) == [server.now + MINUTE]
    assert await rows(url, "SELECT slot FROM outbox WHERE slot LIKE 'posting:%'") == []


async def test_what_is_sent_while_its_question_closes_comes_back(store: SqlStore, url: str, server: Server) -> None:
    by_hand = await opens(server)
    _, answered = await race(
        store, by_hand, lambda _: server.say("answer [4, 6]", "Bob", about=1), after="UPDATE posting"
    )
    assert "[4, 6]" in answered.text
    assert "That question has closed" in answered.text
    assert await rows(url, "SELECT id FROM submission") == []
