"""Transactions of one process on one SQLite file: they take turns, reach the disk together, and may fail together."""

from __future__ import annotations

import asyncio
import contextlib
import random
import resource
import shutil
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from sqlalchemy import make_url, text

from bot.ports import RuleBroken, StoreUnavailable
from bot.store import sqlite
from bot.store.at_hand import AtHand
from bot.store.connection import Connected
from bot.store.faults import translated
from bot.store.sqlite import MOST, SqliteDatabase

# A transaction nobody gives a turn would wait for ever.
pytestmark = pytest.mark.timeout(60)

TABLE = """
    CREATE TABLE note (
        name TEXT PRIMARY KEY, answers TEXT REFERENCES note (name) DEFERRABLE INITIALLY DEFERRED, content BLOB
    )
"""
ADD = text("INSERT INTO note (name) VALUES (:name)")
NAMES = text("SELECT name FROM note ORDER BY rowid")
ELSEWHERE = "Another process is holding"

Names: TypeAlias = list[str]
Work: TypeAlias = Callable[[Connected], Awaitable[None]]


class Interruption(Exception):
    pass


@dataclass(frozen=True)
class Notes:
    """A file of notes, used through our database, and past it by another connection."""

    file: Path
    database: SqliteDatabase
    other: sqlite3.Connection

    def stored(self) -> Names:
        """What the other connection reads, in the order in which it was written."""
        return [name for (name,) in self.other.execute(NAMES.text)]

    def commits(self) -> int:
        """How many there are in the log: the last page of each comes with the size of the whole file."""
        log = Path(f"{self.file}-wal").read_bytes()
        frames = range(32, len(log), 24 + int.from_bytes(log[8:12], "big"))
        return sum(log[at + 8 : at + 16] == log[16:24] and any(log[at + 4 : at + 8]) for at in frames)

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[Connected]:
        with translated(self.database.url):
            async with self.database.transaction() as connection:
                yield connection

    @asynccontextmanager
    async def look(self) -> AsyncIterator[Connected]:
        with translated(self.database.url):
            async with self.database.reading() as connection:
                yield connection

    async def do(self, work: Work) -> Names:
        """Do it in a transaction; what is stored at the moment in which that returns."""
        async with self.turn() as connection:
            await work(connection)
        return self.stored()

    async def write(self, *names: str) -> Names:
        async def add_all(connection: Connected) -> None:
            for name in names:
                await add(connection, name)

        return await self.do(add_all)

    async def together(self, *transactions: Coroutine[Any, Any, Names]) -> list[Names | BaseException]:
        """What becomes of transactions that all wait while an earlier one, which writes nothing, has its turn."""
        async with self.turn():
            waiting = await begun(*transactions)
        return await asyncio.gather(*waiting, return_exceptions=True)


@pytest.fixture
async def notes(tmp_path: Path) -> AsyncIterator[Notes]:
    file = tmp_path / "notes.db"
    other = sqlite3.connect(file, isolation_level=None, timeout=0)
    other.execute(TABLE)
    database = SqliteDatabase(make_url(f"sqlite:///{file}"))
    await database.prepare()
    other.execute("INSERT INTO note (name) VALUES ('old')")
    yield Notes(file, database, other)
    await database.close()
    other.close()


async def add(connection: Connected, name: str) -> None:
    await connection.execute(ADD, {"name": name})


async def names(connection: Connected) -> Names:
    return list(await connection.scalars(NAMES))


async def begun(*transactions: Coroutine[Any, Any, Names]) -> list[asyncio.Task[Names]]:
    """They have gone as far as they can without waiting."""
    tasks = [asyncio.create_task(each) for each in transactions]
    await asyncio.sleep(0)
    return tasks


async def pass_by() -> None:
    """Time for whoever could do something now."""
    for _ in range(5):
        await asyncio.sleep(2 * sqlite.ASKED_AGAIN_S)


def lose_patience(patch: pytest.MonkeyPatch, seconds: float) -> None:
    patch.setattr(sqlite, "PATIENCE_S", seconds)
    patch.setattr(sqlite, "LONGEST_S", 2 * seconds)


REFUSED = (StoreUnavailable, RuleBroken)


def are_refused(outcomes: list[Names | BaseException], because: str = "") -> bool:
    return all(isinstance(each, REFUSED) and because in str(each) for each in outcomes)


# Committed together


@pytest.mark.parametrize(
    ("count", "commits"), [(1, 1), (20, 1), (MOST - 1, 1), (MOST, 2), (2 * MOST - 1, 2), (3 * MOST, 4)]
)
async def test_those_who_wait_at_the_same_time_are_committed_at_once(notes: Notes, count: int, commits: int) -> None:
    before = notes.commits()
    new = [str(number) for number in range(count)]
    await notes.together(*map(notes.write, new))
    assert notes.commits() - before == commits
    assert notes.stored() == ["old", *new]  # in the order in which they asked


async def test_nobody_returns_before_another_connection_reads_what_they_wrote(notes: Notes) -> None:
    new = [str(number) for number in range(3 * MOST)]
    for name, seen in zip(new, await asyncio.gather(*map(notes.write, new)), strict=True):
        assert name in seen


async def test_nothing_of_a_group_is_read_by_others_before_all_of_it_is(notes: Notes) -> None:
    async def look_around(connection: Connected) -> None:
        assert await names(connection) == ["old", "early"]
        assert notes.stored() == ["old"]

    early, looked, late = await notes.together(notes.write("early"), notes.do(look_around), notes.write("late"))
    # Who has read what the earlier one wrote may tell of it: it is on the disk by then.
    assert early == looked == late == ["old", "early", "late"]


async def test_who_wrote_nothing_returns_while_the_next_one_is_still_writing(notes: Notes) -> None:
    returned = asyncio.Event()

    async def read() -> Names:
        async with notes.turn() as connection:
            await names(connection)
        returned.set()
        return notes.stored()

    async def wait_for_it(connection: Connected) -> None:
        await add(connection, "new")
        await returned.wait()

    assert await notes.together(read(), notes.do(wait_for_it)) == [["old"], ["old", "new"]]


# Failures of one


async def raising(_: Connected) -> None:
    raise Interruption


async def cancelled(_: Connected) -> None:
    task = asyncio.current_task()
    assert task is not None
    task.cancel()
    await asyncio.sleep(0)


async def refused(connection: Connected) -> None:
    await add(connection, "old")


async def refused_half_way(connection: Connected) -> None:
    await connection.execute(text("INSERT OR FAIL INTO note (name) VALUES ('half'), ('old')"))


@pytest.mark.parametrize("place", range(3))
@pytest.mark.parametrize(
    ("failing", "failure"),
    [
        (raising, Interruption),
        (cancelled, asyncio.CancelledError),
        (refused, RuleBroken),
        (refused_half_way, RuleBroken),
    ],
)
async def test_one_that_fails_within_a_group_loses_its_own_rows_only(
    notes: Notes, failing: Work, failure: type[BaseException], place: int
) -> None:
    async def fail(connection: Connected) -> None:
        await add(connection, "lost")
        await failing(connection)

    before = notes.commits()
    group = [notes.write("one"), notes.write("two")]
    group.insert(place, notes.do(fail))
    outcomes = await notes.together(*group)
    assert isinstance(outcomes.pop(place), failure)
    assert outcomes == [["old", "one", "two"]] * 2
    assert notes.commits() - before == 1


# Failures of all


@contextmanager
def no_room(notes: Notes) -> Iterator[None]:
    """The disk takes no more of the log than it holds."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (Path(f"{notes.file}-wal").stat().st_size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_a_commit_the_disk_has_no_room_for_fails_everyone_until_there_is_room_again(notes: Notes) -> None:
    await notes.write("before")
    with no_room(notes):
        assert are_refused(await notes.together(*map(notes.write, "abc")), "The disk refused")
        assert are_refused(await asyncio.gather(*map(notes.write, "abc"), return_exceptions=True), "The disk refused")
        assert notes.stored() == ["old", "before"]
    assert await notes.write("after") == ["old", "before", "after"]


async def test_a_commit_that_is_refused_fails_everyone_who_wrote_and_those_who_read_it(notes: Notes) -> None:
    async def read(connection: Connected) -> None:
        assert "old" in await names(connection)

    async def answer_nobody(connection: Connected) -> None:
        await connection.execute(text("INSERT INTO note (name, answers) VALUES ('answer', 'nobody')"))

    group = notes.do(read), notes.write("one"), notes.do(answer_nobody), notes.do(read), notes.write("two")
    before, *failed = await notes.together(*group)
    assert before == ["old"]
    assert are_refused(failed, "FOREIGN KEY")
    assert await notes.write("after") == ["old", "after"]


async def conflict(connection: Connected) -> None:
    await connection.execute(text("INSERT OR ROLLBACK INTO note (name) VALUES ('old')"))


async def fill(connection: Connected) -> None:
    await connection.execute(text("PRAGMA max_page_count = 20"))
    await connection.execute(text("INSERT INTO note (name, content) VALUES ('large', zeroblob(1000000))"))


OWN_ROLLBACKS = pytest.mark.parametrize(
    ("lose_all", "because"), [(conflict, "UNIQUE constraint"), (fill, "has no room left")]
)


@OWN_ROLLBACKS
async def test_what_makes_sqlite_give_up_fails_those_before_and_not_those_after(
    notes: Notes, lose_all: Work, because: str
) -> None:
    group = notes.write("one"), notes.write("two"), notes.do(lose_all), notes.write("three"), notes.write("four")
    *failed, three, four = await notes.together(*group)
    assert are_refused(failed, because)
    assert three == four == ["old", "three", "four"]


@OWN_ROLLBACKS
async def test_who_does_not_mind_that_sqlite_gave_up_is_refused_all_the_same(
    notes: Notes, lose_all: Work, because: str
) -> None:
    async def not_mind(connection: Connected) -> None:
        with pytest.raises(REFUSED, match=because), translated(notes.database.url):
            await lose_all(connection)

    *failed, after = await notes.together(notes.write("before"), notes.do(not_mind), notes.write("after"))
    assert are_refused(failed, "rolled back")
    assert after == ["old", "after"]


async def test_what_is_written_after_sqlite_gave_up_is_not_stored(notes: Notes) -> None:
    async def not_mind(connection: Connected) -> None:
        with pytest.raises(RuleBroken), translated(notes.database.url):
            await conflict(connection)
        await add(connection, "new")

    assert are_refused(await notes.together(notes.do(not_mind)))
    assert notes.stored() == ["old"]


@pytest.mark.parametrize(
    "query",
    [
        "INSERT INTO note (name) VALUES ('a'), ('b') RETURNING name",
        "WITH RECURSIVE each (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM each LIMIT 9) SELECT n FROM each, note",
    ],
    ids=["insert", "select"],
)
async def test_what_nobody_reads_to_its_end_is_in_nobodys_way(
    notes: Notes, query: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose_patience(monkeypatch, 0.1)
    unread = []

    async def begin_to_read(connection: Connected) -> None:
        unread.append(await connection.execute(text(query)))

    await notes.do(begin_to_read)
    notes.other.execute("INSERT INTO note (name) VALUES ('elsewhere')")
    assert "new" in await notes.write("new")


def moved(file: Path) -> None:
    file.rename(file.with_suffix(".away"))


def replaced(file: Path) -> None:
    shutil.copy(file, file.with_suffix(".copy"))
    moved(file)
    file.with_suffix(".copy").rename(file)


@pytest.mark.parametrize("spoil", [moved, replaced])
async def test_nothing_is_acknowledged_in_a_file_nobody_will_open_again(
    notes: Notes, spoil: Callable[[Path], None], tmp_path_factory: pytest.TempPathFactory
) -> None:
    async def look() -> Names:
        async with notes.look() as reading:
            return await names(reading)

    assert await notes.write("before") == await look() == ["old", "before"]
    spoil(notes.file)
    there = sorted(notes.file.parent.iterdir())
    outcomes = await asyncio.gather(*map(notes.write, "abc"), look(), look(), return_exceptions=True)
    assert are_refused(outcomes, "was moved, deleted or replaced while it was in use")
    assert sorted(notes.file.parent.iterdir()) == there, "no empty database in its place"
    log = notes.file.with_name(f"{notes.file.name}-wal")
    assert log.stat().st_size == 0, "what it holds would be written into another file"
    alone = shutil.copy(notes.file.with_suffix(".away"), tmp_path_factory.mktemp("alone"))
    with contextlib.closing(sqlite3.connect(alone)) as connection:
        assert connection.execute(NAMES.text).fetchall() == [("old",), ("before",)]
    notes.file.with_suffix(".away").rename(notes.file)
    assert await notes.write("after") == await look() == ["old", "before", "after"]


async def test_whatever_keeps_a_transaction_from_beginning_keeps_no_later_one_waiting(
    notes: Notes, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose_patience(monkeypatch, 0.1)

    def run_out_of_memory(_: AtHand) -> None:
        raise MemoryError  # as sqlite3 says it, which is no error of its own

    with monkeypatch.context() as patch:
        patch.setattr(AtHand, "begin", run_out_of_memory)
        with pytest.raises(MemoryError):
            await notes.write("lost")
    assert await notes.write("after") == ["old", "after"]


# Turns


async def test_everyone_waits_for_another_process_and_gets_a_turn_when_that_lets_go(notes: Notes) -> None:
    notes.other.execute("BEGIN IMMEDIATE")
    waiting = await begun(*map(notes.write, "abc"))
    await pass_by()
    waiting += await begun(*map(notes.write, "de"))
    await pass_by()
    assert not any(task.done() for task in waiting)
    notes.other.execute("ROLLBACK")
    assert await asyncio.gather(*waiting) == [["old", *"abcde"]] * 5


async def test_who_has_waited_too_long_for_another_process_is_refused_and_who_came_later_is_not(
    notes: Notes, monkeypatch: pytest.MonkeyPatch
) -> None:
    notes.other.execute("BEGIN IMMEDIATE")
    patient = await begun(notes.write("patient"))
    with monkeypatch.context() as patch:
        lose_patience(patch, 0.3)
        early = await begun(*map(notes.write, "abc"))
    late = await begun(*map(notes.write, "de"))
    assert are_refused(await asyncio.gather(*early, return_exceptions=True), ELSEWHERE)
    assert not any(task.done() for task in patient + late)
    notes.other.execute("ROLLBACK")
    assert await asyncio.gather(*patient, *late) == [["old", "patient", "d", "e"]] * 3


async def test_who_waits_too_long_for_this_process_is_refused_and_the_one_at_it_is_not(
    notes: Notes, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose_patience(monkeypatch, 0.02)

    async def take_long(connection: Connected) -> None:
        await add(connection, "slow")
        waiting = await begun(*map(notes.write, "abc"))
        assert are_refused(await asyncio.gather(*waiting, return_exceptions=True), "is too busy")

    assert await notes.do(take_long) == ["old", "slow"]
    assert await notes.write("after") == ["old", "slow", "after"]


@pytest.mark.parametrize("reading", [False, True], ids=["turn", "look"])
async def test_whoever_reads_again_and_again_leaves_the_loop_to_others(notes: Notes, reading: bool) -> None:
    passed = 0

    async def pass_again_and_again() -> None:
        nonlocal passed
        while True:
            passed += 1
            await asyncio.sleep(0)

    passing = asyncio.create_task(pass_again_and_again())
    for _ in range(100):
        async with notes.look() if reading else notes.turn() as connection:
            await names(connection)
    passing.cancel()
    assert passed >= 99


async def test_whoever_reads_again_and_again_leaves_turns_to_others(notes: Notes) -> None:
    writing = [asyncio.create_task(notes.write(name)) for name in "abc"]
    while not all(task.done() for task in writing):
        async with notes.turn() as connection:
            await names(connection)
    assert notes.stored() == ["old", *"abc"]


# Cancelled


async def test_who_is_cancelled_while_waiting_for_a_turn_is_passed_over(notes: Notes) -> None:
    async with notes.turn():
        waiting = await begun(*map(notes.write, "abc"))
        waiting[1].cancel()
    outcomes = await asyncio.gather(*waiting, return_exceptions=True)
    assert isinstance(outcomes.pop(1), asyncio.CancelledError)
    assert outcomes == [["old", "a", "c"]] * 2


async def test_who_is_cancelled_while_another_process_is_waited_for_is_passed_over(notes: Notes) -> None:
    notes.other.execute("BEGIN IMMEDIATE")
    waiting = await begun(*map(notes.write, "abc"))
    for task in waiting:
        task.cancel()
    await asyncio.wait(waiting)
    await pass_by()
    notes.other.execute("ROLLBACK")
    assert await notes.write("after") == ["old", "after"]


async def test_who_is_cancelled_as_the_turn_comes_gives_it_back(notes: Notes) -> None:
    async with notes.turn():
        first, second = await begun(*map(notes.write, "ab"))
        asyncio.get_running_loop().call_soon(first.cancel)  # after the turn was given, and before it is taken up
    outcomes = await asyncio.gather(first, second, return_exceptions=True)
    assert isinstance(outcomes[0], asyncio.CancelledError)
    assert outcomes[1] == ["old", "b"]


async def test_who_is_cancelled_while_waiting_for_the_commit_takes_nothing_from_others(notes: Notes) -> None:
    async with notes.turn():
        first, second = await begun(*map(notes.write, "ab"))
    await asyncio.sleep(0)
    first.cancel()
    outcomes = await asyncio.gather(first, second, return_exceptions=True)
    assert isinstance(outcomes[0], asyncio.CancelledError)
    assert outcomes[1] == ["old", "a", "b"]
    assert await notes.write("after") == ["old", "a", "b", "after"]


@pytest.mark.parametrize("seed", range(30))
async def test_cancelled_anywhere_what_was_acknowledged_is_stored_and_nothing_by_half(notes: Notes, seed: int) -> None:
    chance = random.Random(seed)
    acknowledged = set()

    async def write(name: str) -> None:
        async with notes.turn() as connection:
            await add(connection, f"{name}.first")
            for _ in range(chance.randrange(3)):
                await asyncio.sleep(0)
            await add(connection, f"{name}.second")
            if name.startswith("raising"):
                raise Interruption
        acknowledged.add(name)

    kinds = ["doomed"] * 30 + ["raising"] * 10 + ["spared"] * 30
    chance.shuffle(kinds)
    tasks = {f"{kind} {number}": asyncio.create_task(write(f"{kind} {number}")) for number, kind in enumerate(kinds)}
    doomed = [task for name, task in tasks.items() if name.startswith("doomed")]
    chance.shuffle(doomed)
    for task in doomed:
        await asyncio.sleep(chance.choice([0, 0, 0, 0.0005]))
        task.cancel()
    await asyncio.gather(*tasks.values(), return_exceptions=True)

    stored = set((await notes.write("after"))[1:-1])
    assert {name for name in tasks if name.startswith("spared")} <= acknowledged
    assert {f"{name}.{half}" for name in acknowledged for half in ("first", "second")} <= stored
    assert not any(name.startswith("raising") for name in stored)
    assert stored == {f"{name.partition('.')[0]}.{half}" for name in stored for half in ("first", "second")}


# Closed


async def test_closing_leaves_nobody_waiting_for_a_turn_and_stores_nothing_unfinished(notes: Notes) -> None:
    closed = asyncio.Event()

    async def wait_for_it(connection: Connected) -> None:
        await add(connection, "unfinished")
        await closed.wait()

    async with notes.turn():
        tasks = await begun(notes.write("uncommitted"), notes.do(wait_for_it), notes.write("late"), notes.do(names_of))
    await asyncio.sleep(0)
    await notes.database.close()
    closed.set()
    assert are_refused(await asyncio.gather(*tasks, return_exceptions=True), "is closed")
    assert notes.stored() == ["old"]


async def names_of(connection: Connected) -> None:
    await names(connection)


async def test_closing_leaves_nobody_waiting_for_another_process(notes: Notes) -> None:
    notes.other.execute("BEGIN IMMEDIATE")
    waiting = await begun(*map(notes.write, "abc"))
    await pass_by()
    await notes.database.close()
    assert are_refused(await asyncio.gather(*waiting, return_exceptions=True), "is closed")


@pytest.mark.parametrize("steps", range(4))
@pytest.mark.parametrize("returned", [0, 1, 2, MOST + 1])
async def test_closing_at_any_moment_leaves_nobody_waiting_and_what_was_acknowledged_stored(
    notes: Notes, returned: int, steps: int
) -> None:
    tasks = [asyncio.create_task(notes.write(str(number))) for number in range(3 * MOST)]
    await asyncio.gather(*tasks[:returned])
    for _ in range(steps):
        await asyncio.sleep(0)
    await notes.database.close()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    acknowledged = [str(number) for number, outcome in enumerate(outcomes) if isinstance(outcome, list)]
    assert returned <= len(acknowledged)
    assert set(acknowledged) <= set(notes.stored())


async def test_who_is_refused_because_of_closing_has_stored_nothing(notes: Notes) -> None:
    (writing,) = await begun(notes.write("new"))
    await asyncio.sleep(0)
    await notes.database.close()
    (outcome,) = await asyncio.gather(writing, return_exceptions=True)
    assert isinstance(outcome, list) == ("new" in notes.stored())


async def test_who_goes_on_after_closing_is_refused_with_our_own_error(notes: Notes) -> None:
    closed = asyncio.Event()

    async def go_on(connection: Connected) -> None:
        await closed.wait()
        await add(connection, "new")

    running = await begun(notes.do(go_on))
    await notes.database.close()
    closed.set()
    assert are_refused(await asyncio.gather(*running, return_exceptions=True))


async def test_whose_turn_comes_as_everything_is_closed_is_refused_with_our_own_error(notes: Notes) -> None:
    async with notes.turn():
        waiting = await begun(*map(notes.write, "ab"))
        closing = asyncio.create_task(notes.database.close())  # after the turn was given, and before it is taken up
    await closing
    assert are_refused(await asyncio.gather(*waiting, return_exceptions=True))


async def test_closing_before_a_commit_begins_keeps_no_later_one_waiting(
    notes: Notes, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose_patience(monkeypatch, 0.1)
    written = await begun(notes.write("uncommitted"))
    await notes.database.close()
    await asyncio.gather(*written, return_exceptions=True)
    later = await begun(notes.write("later"))
    assert not are_refused(await asyncio.gather(*later, return_exceptions=True), "too busy")


async def test_who_reads_while_everything_is_closed_leaves_nothing_open(notes: Notes) -> None:
    notes.other.close()
    async with notes.look() as connection:
        await notes.database.close()
        assert await names(connection) == ["old"]
    assert [each.name for each in notes.file.parent.iterdir()] == [notes.file.name]


# Reading


async def test_a_reader_sees_what_is_committed_and_nothing_else(notes: Notes) -> None:
    async with notes.turn() as writing:
        await add(writing, "new")
        async with notes.look() as reading:
            assert await names(reading) == ["old"]
    async with notes.look() as reading:
        assert await names(reading) == ["old", "new"]


async def test_a_reader_sees_the_same_to_its_end(notes: Notes) -> None:
    async with notes.look() as reading:
        await notes.write("new")
        assert await names(reading) == ["old"]


async def test_a_reader_that_writes_is_refused_and_in_nobodys_way(notes: Notes) -> None:
    for attempt in ("INSERT INTO note (name) VALUES ('new')", "DELETE FROM note", "DROP TABLE note"):
        with pytest.raises(StoreUnavailable):
            async with notes.look() as reading:
                await reading.execute(text(attempt))
    async with notes.look() as reading:
        assert await names(reading) == ["old"]
    assert await notes.write("new") == ["old", "new"]


@pytest.mark.parametrize("fail", [raising, cancelled], ids=["raises", "is cancelled"])
async def test_a_reader_that_fails_is_in_nobodys_way(notes: Notes, fail: Work) -> None:
    async def look() -> Names:
        async with notes.look() as reading:
            await fail(reading)
        return []

    await asyncio.gather(*(look() for _ in range(5)), return_exceptions=True)
    await notes.write("new")
    async with notes.look() as reading:
        assert await names(reading) == ["old", "new"]


@pytest.mark.parametrize("lock", ["BEGIN IMMEDIATE", "BEGIN EXCLUSIVE"])
async def test_a_reader_does_not_wait_for_another_process(notes: Notes, lock: str) -> None:
    notes.other.execute(lock)
    notes.other.execute("INSERT INTO note (name) VALUES ('elsewhere')")
    async with notes.look() as reading:
        assert await names(reading) == ["old"]
    notes.other.execute("COMMIT")
    async with notes.look() as reading:
        assert await names(reading) == ["old", "elsewhere"]


async def test_many_read_at_once_while_others_write(notes: Notes) -> None:
    async def look() -> Names:
        async with notes.look() as reading:
            before = await names(reading)
            await asyncio.sleep(0)
            assert await names(reading) == before
        return before

    new = [str(number) for number in range(MOST)]
    writing = await begun(*map(notes.write, new))
    looks = [await look() for _ in range(3)] + await asyncio.gather(*(look() for _ in range(20)))
    await asyncio.gather(*writing)
    assert all(seen == ["old", *new][: len(seen)] for seen in looks)
