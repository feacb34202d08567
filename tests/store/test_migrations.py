import json
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Column, Connection, MetaData, Table, inspect, select, text

from bot.core.questions import Bank, ValueTask
from bot.ports import StoreUnavailable
from bot.store import migrate, open_store
from bot.store.engine import database_at
from bot.store.jobs import queue_metadata
from bot.store.migrating import config
from bot.store.schema import HEAD, metadata
from sandbox.values import encode
from tests.store.full import TABLES, value
from tests.store.scene import ACCEPTED, MONDAY, NOON, rows, set_scene

Found = TypeVar("Found")


async def on(url: str, work: Callable[[Connection], Found]) -> Found:
    database = database_at(url)
    try:
        async with database.transaction() as connection:
            return await connection.run_sync(work)
    finally:
        await database.close()


def has_queue(connection: Connection) -> bool:
    return connection.dialect.name == "postgresql"


def our_tables(connection: Connection) -> set[str]:
    return {*metadata.tables, *(queue_metadata.tables if has_queue(connection) else ())}


def is_ours(_: Any, name: str | None, kind: str, *more: Any) -> bool:
    """All but the tables of the queue itself, which procrastinate makes."""
    return not (kind == "table" and (name or "").startswith("procrastinate_"))


def table_names(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names())


def test_the_revision_known_without_alembic_is_the_newest_script() -> None:
    assert ScriptDirectory.from_config(config()).get_heads() == [HEAD]


async def test_the_scripts_make_exactly_the_tables_of_the_models(empty_url: str) -> None:
    await migrate(empty_url)
    differences = await on(
        empty_url,
        lambda connection: compare_metadata(
            MigrationContext.configure(connection, opts={"include_object": is_ours}),
            [metadata, queue_metadata] if has_queue(connection) else metadata,
        ),
    )
    assert differences == []


async def test_migrations_go_down_to_nothing_and_up_again(empty_url: str) -> None:
    await migrate(empty_url)
    every = await on(empty_url, table_names)
    assert {name for name in every if not name.startswith("procrastinate_")} == {
        *await on(empty_url, our_tables),
        "alembic_version",
    }
    await on(empty_url, lambda connection: command.downgrade(config(connection), "base"))
    assert await on(empty_url, table_names) == {"alembic_version"}
    assert await migrate(empty_url) is True
    assert await on(empty_url, table_names) == every


async def test_there_is_nothing_to_do_the_second_time(empty_url: str) -> None:
    assert [await migrate(empty_url) for _ in range(2)] == [True, False]


async def test_what_was_stored_is_there_after_opening_again(empty_url: str) -> None:
    for _ in range(2):
        store = await open_store(empty_url)
        scene = await set_scene(store)
        await store.close()
        assert (scene.posting.id, scene.ada.id) == (1, 1)


NEWER = (
    "ALTER TABLE submission ADD COLUMN mood VARCHAR DEFAULT 'unknown'",
    "ALTER TABLE learner ADD COLUMN nickname VARCHAR",
    "ALTER TABLE posting ADD COLUMN votes INTEGER DEFAULT 0 NOT NULL",
    "CREATE TABLE vote (id INTEGER PRIMARY KEY)",
    "CREATE INDEX ix_submission_mood ON submission (mood)",
    "UPDATE alembic_version SET version_num = '9999'",
)
"""What a later revision may do: it adds, and what is added has a default or may be empty."""
WHEN = "2026-03-09 12:00:00.000000"
OLD_QUESTION = {
    "id": "mean-gradient",
    "title": "The gradient of a mean",
    "level": "easy",
    "topics": ["mean"],
    "prompt": "What is in `x.grad`?",
    "task": {"snippet": "x = 1", "expression": "x", "solution": "1"},
    "wrong_answers": [{"answer": "2", "message": "No."}],
    "hints": ["Look."],
    "explanation": "So it is.",
    "time_limit_ms": 5000,
}


async def test_what_the_first_version_stored_is_read_by_this_one(empty_url: str) -> None:
    def fill(connection: Connection) -> None:
        command.upgrade(config(connection), "0001")
        add = connection.execute
        add(text("INSERT INTO question (id, retired) VALUES ('mean-gradient', false)"))
        version = (
            "INSERT INTO question_version (id, question_id, digest, content, current) VALUES (7, :id, 'd', :c, true)"
        )
        add(text(version), {"id": "mean-gradient", "c": json.dumps(OLD_QUESTION)})
        trial = "INSERT INTO trial (version_id, bank, inputs, expected, noise, retired) "
        trial += "VALUES (7, 'public', :d, :d, :d, false)"
        add(text(trial), {"d": encode({})})

    await on(empty_url, fill)
    store = await open_store(empty_url)
    async with store.begin() as unit:
        (version,) = await unit.questions.current()
        assert await unit.questions.count_trials(version, Bank.PUBLIC) == 0  # drawn anew, with what mistakes do
        assert await unit.questions.read_by(0) == {"d": version.question}
    await store.close()
    assert (version.id, version.question.kind, version.question.task) == (7, "value", ValueTask("x = 1", "x", "1"))


def add(connection: Connection, table: str, **values: object) -> None:
    columns, given = ", ".join(values), ", ".join(f":{name}" for name in values)
    connection.execute(text(f"INSERT INTO {table} ({columns}) VALUES ({given})"), values)


async def test_what_the_second_version_stored_is_read_by_this_one(empty_url: str) -> None:
    def fill(connection: Connection) -> None:
        command.upgrade(config(connection), "0002")
        add(connection, "community", id=1, platform="terminal", external_id="here", name="Here")
        add(connection, "learner", id=5, community_id=1, external_id="ada", name="Ada")
        add(connection, "schedule", id=2, community_id=1, channel="general", zone="UTC", practice=False)
        for name, retired in [("mean-gradient", False), ("gone", True)]:
            add(connection, "question", id=name, retired=retired)
        version = {"question_id": "mean-gradient", "content": json.dumps(OLD_QUESTION), "reader": 3, "current": True}
        add(connection, "question_version", id=7, digest="d", **version)
        trial = dict.fromkeys(("inputs", "expected", "noise"), encode({})) | {"mistakes": encode([])}
        add(connection, "trial", version_id=7, bank="public", retired=False, **trial)
        day = {"schedule_id": 2, "local_date": MONDAY.isoformat(), "version_id": 7, "state": "posted"}
        add(connection, "posting", id=4, opened_at=WHEN, **day)
        answer = {"platform": "terminal", "event_id": "e1", "text": "2", "attempt": 1, "state": "stored"}
        add(connection, "submission", id=9, posting_id=4, learner_id=5, received_at=WHEN, **answer)

    await on(empty_url, fill)
    store = await open_store(empty_url)
    async with store.begin() as unit:
        community = await unit.communities.community_of(1)
        (version,) = await unit.questions.current(community)
        assert await unit.questions.count_trials(version, Bank.PUBLIC) == 1
        assert await unit.questions.read_by(3) == {"d": version.question}
        assert await unit.questions.add_version(version.question, "d", 3, community) is None  # it is everybody's
        (answer,) = await unit.submissions.unjudged()
        assert (answer.id, answer.text) == (9, "2")
        await unit.outbox.put("verdict:9", "terminal", answer.learner_id, answer.received_at)
        assert await unit.outbox.next_due("terminal") == answer.received_at
    await store.close()


def of_then(connection: Connection) -> dict[str, list[dict[str, object]]]:
    """Every row of every table there is, by the columns there are."""
    then = MetaData()
    then.reflect(connection)
    tables = [table for table in then.sorted_tables if table.name != "alembic_version"]
    return {
        table.name: [dict(row._mapping) for row in connection.execute(select(table).order_by(*table.primary_key))]
        for table in tables
    }


def fill_all(connection: Connection) -> None:
    """Three rows in every table of the version before, one of them solved."""
    command.upgrade(config(connection), "0003")
    there = inspect(connection)
    for table in TABLES:
        if table.name not in there.get_table_names():
            continue
        columns = {column["name"] for column in there.get_columns(table.name)}
        rows = [{each.name: value(each, number) for each in table.c if each.name in columns} for number in (1, 2, 3)]
        if table.name == "question_version":
            rows = [{**row, "current": True} for row in rows]
        if table.name == "award":
            rows[0]["cause"] = "solve"
        old = Table(table.name, MetaData(), *(Column(each.name, each.type) for each in table.c if each.name in columns))
        connection.execute(old.insert(), rows)


async def test_a_full_database_of_the_version_before_keeps_every_row_on_the_way_up_and_down(empty_url: str) -> None:
    await on(empty_url, fill_all)
    before = await on(empty_url, of_then)
    assert all(before.values())
    assert len(before) == 14, "every table of that version is tried"
    await (await open_store(empty_url)).close()
    after = await on(empty_url, of_then)
    kept = {
        name: [{column: after[name][index][column] for column in row} for index, row in enumerate(found)]
        for name, found in before.items()
    }
    assert kept == before
    assert [row["solved"] for row in after["award"]] == [1, 0, 0]
    assert {row["hidden"] for row in after["learner"]} <= {False}
    assert {row["season_months"] for row in after["community"]} == {3}
    assert {row["next_at"] for row in after["schedule"]} == {None}
    assert sum(int(str(row["learners"])) for row in after["tally"]) == len(after["standing"])
    await on(empty_url, lambda connection: command.downgrade(config(connection), "0003"))
    assert await on(empty_url, of_then) == before


async def test_going_back_and_forth_keeps_the_questions_there_are(empty_url: str) -> None:
    store = await open_store(empty_url)
    scene = await set_scene(store)
    await store.close()
    await on(empty_url, lambda connection: command.downgrade(config(connection), "0002"))
    store = await open_store(empty_url)
    async with store.begin() as unit:
        assert await unit.questions.current() == (scene.version,)
        assert await unit.postings.latest_open(scene.schedule) == scene.posting
    await store.close()


async def test_tables_that_are_missing_or_old_are_left_alone_when_told_to(empty_url: str) -> None:
    with pytest.raises(StoreUnavailable, match=r"holds no tables yet. Run `chainrule migrate`"):
        await open_store(empty_url, migrate=False)
    assert await on(empty_url, table_names) == set()
    await on(empty_url, lambda connection: command.upgrade(config(connection), "0002"))
    with pytest.raises(StoreUnavailable, match=r"older than this chainrule: .* 0002, .*Run `chainrule migrate`"):
        await open_store(empty_url, migrate=False)
    assert await rows(empty_url, "SELECT version_num FROM alembic_version") == [("0002",)]


async def test_a_store_that_is_open_goes_on_when_somebody_newer_adds_to_its_tables(empty_url: str) -> None:
    store = await open_store(empty_url)
    scene = await set_scene(store)

    async def lives_a_day(number: int) -> None:
        async with store.begin() as unit:
            ada = await unit.communities.learner(scene.community, "ada", f"Ada {number}")
            answer = await unit.submissions.add(scene.posting, ada, f"event {number}", "[1]", NOON)
            await unit.submissions.judged(answer, ACCEPTED, scene.version)
            await unit.outbox.put(f"verdict:{answer.id}", "terminal", ada.id, NOON)
        async with store.read() as unit:
            assert await unit.submissions.case(answer.id) is not None

    for number in range(8):  # so often that the driver has prepared what it says
        await lives_a_day(number)
    for addition in NEWER:
        await on(empty_url, lambda connection, addition=addition: connection.execute(text(addition)))
    for number in range(8, 16):
        await lives_a_day(number)
    await store.close()
    assert len(await rows(empty_url, "SELECT id FROM submission WHERE mood = 'unknown'")) == 16
    with pytest.raises(StoreUnavailable, match="newer chainrule"):
        await open_store(empty_url)


async def test_a_database_from_a_newer_version_is_refused_and_left_as_it_is(empty_url: str) -> None:
    await (await open_store(empty_url)).close()
    await on(empty_url, lambda connection: connection.execute(text("UPDATE alembic_version SET version_num = '9999'")))
    for work in (open_store, partial(open_store, migrate=False), migrate):
        with pytest.raises(StoreUnavailable, match=r"newer chainrule.*9999.*Install that version"):
            await work(empty_url)
    assert await rows(empty_url, "SELECT version_num FROM alembic_version") == [("9999",)]


async def test_somebody_elses_database_is_refused_and_left_as_it_is(empty_url: str) -> None:
    await on(empty_url, lambda connection: connection.execute(text("CREATE TABLE cookies (id INTEGER)")))
    with pytest.raises(StoreUnavailable, match=r"not chainrule's \(cookies\)"):
        await open_store(empty_url)
    assert await on(empty_url, table_names) == {"cookies"}


async def test_a_migration_that_is_cut_short_leaves_no_table(empty_url: str) -> None:
    def cut_short(connection: Connection) -> None:
        command.upgrade(config(connection), "head")
        assert len(table_names(connection)) > 10
        raise InterruptedError

    with pytest.raises(InterruptedError):
        await on(empty_url, cut_short)
    assert await on(empty_url, table_names) == set()


async def test_opening_what_is_up_to_date_does_not_load_alembic(sqlite_url: str) -> None:
    await (await open_store(sqlite_url)).close()
    ran = subprocess.run(  # noqa: ASYNC221
        [sys.executable, "-m", "tests.store.child", "open_lightly", sqlite_url],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    assert ran.stdout == "False\n"
