"""A community as large as the figures ask for, written past the repositories: they would take hours."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import chain, islice
from typing import Any

import psycopg
from sqlalchemy import text

from bot.core.questions import Level, Question, ValueTask
from bot.core.records import Community, Learner, Posting, Window
from bot.core.scoring import window_keys
from bot.store import SqlStore
from bot.store.connection import Connected, Database
from bot.store.engine import database_at

LEARNERS, AWARDS, SCHEDULES, DUE = 100_000, 1_000_000, 100_000, 100
DAYS = 100
NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
_TODAY = date(2026, 3, 31)
_QUESTION = Question(
    id="bench",
    title="A question to be answered often",
    level=Level.MEDIUM,
    topics=("leaf",),
    prompt="What is it?",
    task=ValueTask("x = 1", "x", "1"),
    wrong_answers=(),
    hints=(),
    explanation="It is.",
)
_CHUNK = 20_000


@dataclass(frozen=True)
class Filled:
    """What was written: ``posting`` is open and nobody has answered it."""

    community: Community
    posting: Posting
    learners: tuple[Learner, ...]


async def fill(store: SqlStore, url: str) -> Filled:
    """A million awards of a hundred thousand learners with their standings, and schedules of another community."""
    async with store.begin() as work:
        community = await work.communities.community("bench", "large", "A large one")
        other = await work.communities.community("bench", "other", "Many channels")
        schedule = await work.communities.schedule(community, "general", "UTC")
        version = await work.questions.add_version(_QUESTION, "digest", 1)
        assert version is not None
        postings = [
            (await work.postings.claim(schedule, _TODAY - timedelta(DAYS - day), version, NOW))[0]
            for day in range(DAYS + 1)
        ]
    database = database_at(url)
    try:
        await _insert(database, "learner", _learners(community.id))
        await _insert(database, "award", _awards([posting.id for posting in postings[:-1]]))
        await _insert(database, "schedule", _schedules(other.id))
        async with database.transaction() as connection:
            await _add_up(connection, community, postings[:-1])
            await _tally(connection)
        await _settle(database)
    finally:
        await database.close()
    learners = tuple(Learner(number, community.id, f"l{number}", _name(number)) for number in range(1, LEARNERS + 1))
    return Filled(community, postings[-1], learners)


def _name(number: int) -> str:
    return f"Learner {number * 7919 % LEARNERS:06}"


def _learners(community_id: int) -> Iterator[dict[str, Any]]:
    for number in range(1, LEARNERS + 1):
        yield {
            "id": number,
            "community_id": community_id,
            "external_id": f"l{number}",
            "name": _name(number),
            "hidden": number % 50 == 0,
        }


def _awards(postings: list[int]) -> Iterator[dict[str, Any]]:
    chance = random.Random(1)
    for learner in range(1, LEARNERS + 1):
        for posting in chance.sample(postings, AWARDS // LEARNERS):
            points = chance.choice((0, 3, 6, 8, 10, 12, 15, 18, 20, 24, 26, 30, 36, 39, 45))
            award = {"learner_id": learner, "posting_id": posting, "points": points, "solved": 1}
            yield award | {"cause": "solve", "at": NOW.isoformat(" ")}


def _schedules(community_id: int) -> Iterator[dict[str, Any]]:
    for number in range(SCHEDULES):
        late = number < DUE
        yield {
            "community_id": community_id,
            "channel": f"channel {number}",
            "zone": "UTC",
            "practice": False,
            "post_at": 720,
            "next_at": (NOW + timedelta(seconds=-number if late else number)).replace(tzinfo=None).isoformat(" "),
        }


async def _insert(database: Database, table: str, rows: Iterable[dict[str, Any]]) -> None:
    remaining = iter(rows)
    columns: Sequence[str] = ()
    if database.url.get_backend_name() == "postgresql":
        plain = database.url.set(drivername="postgresql").render_as_string(hide_password=False)
        first = next(remaining)
        copy = f"COPY {table} ({', '.join(first)}) FROM STDIN"
        with psycopg.connect(plain) as connection, connection.cursor() as cursor, cursor.copy(copy) as copied:
            for row in chain([first], remaining):
                copied.write_row(tuple(row.values()))
        return
    while chunk := list(islice(remaining, _CHUNK)):
        columns = columns or tuple(chunk[0])
        insert = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join(f':{name}' for name in columns)})"
        async with database.transaction() as opened:
            await opened.execute(text(insert), chunk)


async def _add_up(connection: Connected, community: Community, postings: Sequence[Posting]) -> None:
    keys: defaultdict[tuple[Window, str], list[int]] = defaultdict(list)
    for posting in postings:
        for of_window in window_keys(posting.local_date).items():
            keys[of_window].append(posting.id)
    for (window, key), ids in keys.items():
        add_up = (
            'INSERT INTO standing (community_id, "window", "key", learner_id, points, solved, hidden) '
            "SELECT CAST(:community AS integer), :window, :key, learner_id, sum(points), sum(solved), learner.hidden "
            "FROM award JOIN learner ON learner.id = award.learner_id "
            f"WHERE posting_id IN ({', '.join(map(str, ids))}) GROUP BY learner_id, learner.hidden"
        )
        await connection.execute(text(add_up), {"community": community.id, "window": window.value, "key": key})


async def _tally(connection: Connected) -> None:
    await connection.execute(
        text(
            'INSERT INTO tally (community_id, "window", "key", points, learners) '
            'SELECT community_id, "window", "key", points, count(*) FROM standing '
            'WHERE points > 0 AND NOT hidden GROUP BY community_id, "window", "key", points'
        )
    )


async def _settle(database: Database) -> None:
    """What a server does by itself sooner or later; and ids were given above, past its sequence."""
    async with database.transaction() as connection:
        if connection.dialect.name == "postgresql":
            await connection.execute(text("ANALYZE"))
            await connection.execute(text("SELECT setval('learner_id_seq', (SELECT max(id) FROM learner))"))


def boards() -> tuple[tuple[Window, str], ...]:
    """The boards with the most learners: of all time, and of the season."""
    keys = window_keys(_TODAY)
    return tuple((window, keys[window]) for window in (Window.ALL, Window.SEASON))
