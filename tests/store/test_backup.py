"""What a backup promises: all rows of one moment, on either database, or nothing."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import resource
import signal
import stat
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

import pytest
from sqlalchemy import select, text

from bot.core.records import Window
from bot.ports import StoreUnavailable
from bot.store import open_store
from bot.store.backup import back_up, restore
from bot.store.backup_file import lines, writing
from bot.store.engine import database_at
from bot.store.schema import metadata
from tests.store.full import content, fill
from tests.store.scene import NOON, earn, rows, set_scene

ROOT = Path(__file__).parents[2]
DIRECTIONS = [(one, two) for one in ("sqlite", "postgresql") for two in ("sqlite", "postgresql")]


@pytest.fixture(params=DIRECTIONS, ids="-to-".join)
def move(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, str]:
    """A database to fill, and an empty one to restore into."""

    def url(kind: str, name: str) -> str:
        return f"sqlite:///{tmp_path}/{name}.db" if kind == "sqlite" else request.getfixturevalue("postgres")(name)

    origin, target = request.param
    return url(origin, "migrated"), url(target, "empty")


async def filled(url: str) -> None:
    await (await open_store(url)).close()
    await fill(url)


async def test_every_row_of_every_table_arrives_whichever_way_it_moves(move: tuple[str, str], tmp_path: Path) -> None:
    here, there = move
    await filled(here)
    before = await content(here)
    assert {name for name, found in before.items() if not found} == set()
    assert await back_up(here, tmp_path / "b") == sum(map(len, before.values()))
    assert await restore(there, tmp_path / "b") == sum(map(len, before.values()))
    assert await content(there) == before


async def test_after_moving_new_rows_get_numbers_that_none_had_before(move: tuple[str, str], tmp_path: Path) -> None:
    here, there = move
    store = await open_store(here)
    scene = await set_scene(store)
    async with store.begin() as unit:
        for number in range(3):
            await unit.administration.record(scene.ada, "post-now", str(number), NOON)
    await store.close()
    database = database_at(here)
    async with database.transaction() as connection:
        await connection.execute(text("DELETE FROM audit WHERE id = 3"))
    await database.close()
    await back_up(here, tmp_path / "b")
    await restore(there, tmp_path / "b")
    store = await open_store(there)
    scene = await set_scene(store)
    async with store.begin() as unit:
        assert await unit.administration.record(scene.ada, "post-now", "", NOON) == 4
        assert (await unit.communities.learner(scene.community, "eve", "Eve")).id == 3
        assert (await unit.submissions.add(scene.posting, scene.ada, "e", "x", NOON)).id == 1
    await store.close()


async def test_after_moving_points_are_earned_as_before(move: tuple[str, str], tmp_path: Path) -> None:
    here, there = move
    for url, person, place in ((here, "ada", 1), (there, "bob", 2)):
        store = await open_store(url)
        scene = await set_scene(store)
        async with store.begin() as unit:
            learner = await unit.communities.learner(scene.community, person, person)
            assert await earn(unit, scene.posting, learner, "solve", 10 - place)
            placed = await unit.competition.place(learner, Window.ALL, "all")
        assert placed is not None
        assert placed.rank == place
        await store.close()
        if url == here:
            await back_up(here, tmp_path / "b")
            await restore(there, tmp_path / "b")


async def test_it_is_for_its_owner_alone_and_nothing_else_is_left(tmp_path: Path, migrated_sqlite_url: str) -> None:
    directory = tmp_path / "backups"
    directory.mkdir()
    await back_up(migrated_sqlite_url, directory / "b")
    assert stat.S_IMODE((directory / "b").stat().st_mode) == 0o600
    assert [each.name for each in directory.iterdir()] == ["b"]


async def test_it_holds_one_moment_though_others_go_on_writing(url: str, tmp_path: Path) -> None:
    writing = asyncio.Event()

    async def write() -> None:
        store = await open_store(url)
        scene = await set_scene(store)
        for number in range(1000):
            async with store.begin() as unit:
                await unit.submissions.add(scene.posting, scene.ada, f"e{number}", "x" * 1000, NOON)
                await earn(unit, scene.posting, scene.ada, f"e{number}", 1)
            writing.set()
            await asyncio.sleep(0)
        await store.close()

    task = asyncio.create_task(write())
    await writing.wait()
    await back_up(url, tmp_path / "b")
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await restore(f"sqlite:///{tmp_path}/there.db", tmp_path / "b")
    after = await content(f"sqlite:///{tmp_path}/there.db")
    assert len(after["submission"]) == len(after["award"]) >= 1
    assert {row[4] for row in after["standing"]} == {len(after["submission"])}


async def test_a_file_that_is_there_is_left_as_it_is(tmp_path: Path, migrated_sqlite_url: str) -> None:
    (tmp_path / "b").write_text("mine")
    with pytest.raises(StoreUnavailable, match=r"b is there already.*Name another"):
        await back_up(migrated_sqlite_url, tmp_path / "b")
    assert (tmp_path / "b").read_text() == "mine"
    assert not (tmp_path / "b.part").exists()


async def test_without_a_database_none_is_made(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="There is no database at"):
        await back_up(f"sqlite:///{tmp_path}/none.db", tmp_path / "b")
    assert os.listdir(tmp_path) == []


async def test_a_place_that_cannot_be_written_is_told_in_a_sentence(tmp_path: Path, migrated_sqlite_url: str) -> None:
    with pytest.raises(StoreUnavailable, match=r"cannot be written \(No such file or directory\)"):
        await back_up(migrated_sqlite_url, tmp_path / "nowhere" / "b")


async def test_rows_are_never_mixed_with_others(url: str, tmp_path: Path) -> None:
    await fill(url)
    await back_up(url, tmp_path / "b")
    before = await content(url)
    with pytest.raises(StoreUnavailable, match="holds rows already") as refused:
        await restore(url, tmp_path / "b")
    assert ("move the file away" in str(refused.value)) == url.startswith("sqlite")
    assert ("CREATE DATABASE" in str(refused.value)) != url.startswith("sqlite")
    assert await content(url) == before


def damaged(data: bytes) -> dict[str, bytes]:
    plain = gzip.decompress(data)
    head, _, rest = plain.partition(b"\n")
    other = json.loads(head)
    return {
        "its end is missing": data[: len(data) // 2],
        "its end is missing ": gzip.compress(plain.rsplit(b"\n", 2)[0] + b"\n"),
        "does not match its own digest": gzip.compress(plain.replace(b"posted", b"closed")),
        "is damaged": data[:1000] + bytes([data[1000] ^ 255]) + data[1001:],
        "no file that gzip can read": plain,
        "no end": gzip.compress(plain[:-1]),
        "is no backup of chainrule's": gzip.compress(b'{"other": 1}\n{"sha256": ""}\n'),
        "not JSON": gzip.compress(head + b"\n" + b"[" * 100_000 + b"\n" + rest),
        "another chainrule .format 1, tables at revision 0003": gzip.compress(
            json.dumps({**other, "revision": "0003"}).encode() + b"\n" + rest
        ),
        "another chainrule .format 2": gzip.compress(
            json.dumps({**other, "chainrule backup": 2}).encode() + b"\n" + rest
        ),
    }


@pytest.mark.parametrize("what", range(10))
async def test_what_is_not_as_it_was_written_is_refused_in_one_line_and_leaves_the_database_empty(
    what: int, empty_url: str, tmp_path: Path
) -> None:
    here = f"sqlite:///{tmp_path}/here.db"
    await filled(here)
    await back_up(here, tmp_path / "b")
    reason, data = [*damaged((tmp_path / "b").read_bytes()).items()][what]
    (tmp_path / "b").write_bytes(data)
    with pytest.raises(StoreUnavailable, match=reason.strip()) as refused:
        await restore(empty_url, tmp_path / "b")
    assert "\n" not in str(refused.value)
    assert "(b" not in str(refused.value)
    await (await open_store(empty_url)).close()
    assert {name for name, found in (await content(empty_url)).items() if found} == set()


@pytest.mark.parametrize("name", ["none", "folder"])
async def test_what_is_no_file_is_told_in_a_sentence(name: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(StoreUnavailable, match="cannot be read"):
        await restore(f"sqlite:///{tmp_path}/there.db", tmp_path / name)


async def test_what_does_not_fit_takes_back_all_that_came_before(empty_url: str, tmp_path: Path) -> None:
    """A backup with a right digest that no chainrule wrote."""
    here = f"sqlite:///{tmp_path}/here.db"
    await filled(here)
    await back_up(here, tmp_path / "b")
    with writing(tmp_path / "c") as file:
        for line in lines(tmp_path / "b"):
            is_last = isinstance(line, dict) and line.get("table") == "submission"
            file.line({**line, "columns": ["id"]} if is_last else line)
    with pytest.raises(StoreUnavailable, match="submission is not where it should be"):
        await restore(empty_url, tmp_path / "c")
    await (await open_store(empty_url)).close()
    assert {name for name, found in (await content(empty_url)).items() if found} == set()


async def test_older_tables_are_not_backed_up_but_told_of(tmp_path: Path) -> None:
    database = database_at(f"sqlite:///{tmp_path}/old.db")
    async with database.transaction() as connection:
        await connection.execute(text("CREATE TABLE alembic_version (version_num TEXT)"))
        await connection.execute(text("INSERT INTO alembic_version VALUES ('0003')"))
    await database.close()
    with pytest.raises(StoreUnavailable, match=r"revision 0003.*chainrule migrate"):
        await back_up(f"sqlite:///{tmp_path}/old.db", tmp_path / "b")
    assert not (tmp_path / "b").exists()


CHILD = """
import asyncio, pathlib, sys
from bot.ports import StoreUnavailable
from bot.store.backup import back_up

print(flush=True)
try:
    asyncio.run(back_up(sys.argv[1], pathlib.Path(sys.argv[2])))
except StoreUnavailable as fault:
    sys.exit(str(fault))
"""


async def start(url: str, file: Path, file_bytes: int | None = None) -> Process:
    def limit() -> None:
        if file_bytes is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))

    command = (sys.executable, "-c", CHILD, url, str(file))
    return await asyncio.create_subprocess_exec(*command, stdout=PIPE, stderr=PIPE, cwd=ROOT, preexec_fn=limit)


async def large(url: str) -> None:
    await (await open_store(url)).close()
    await fill(url)
    database, submission = database_at(url), metadata.tables["submission"]
    (sample,) = [row._mapping for row in await rows_of(url, "submission", 1)]
    texts = [f"{number} {hash(str(number))}" * 50 for number in range(4000)]
    async with database.transaction() as connection:
        for number, answer in enumerate(texts, 10):
            given = {**sample, "id": number, "attempt": number, "event_id": str(number), "text": answer}
            await connection.execute(submission.insert(), given)
    await database.close()


async def rows_of(url: str, table: str, count: int) -> list:  # type: ignore[type-arg]
    database = database_at(url)
    async with database.transaction() as connection:
        found = (await connection.execute(select(metadata.tables[table]).limit(count))).all()
    await database.close()
    return list(found)


async def test_a_disk_without_room_is_told_in_a_sentence_and_leaves_nothing(tmp_path: Path, sqlite_url: str) -> None:
    await large(sqlite_url)
    process = await start(sqlite_url, tmp_path / "b", file_bytes=40_000)
    _, errors = await process.communicate()
    assert process.returncode == 1
    assert b"cannot be written (File too large)" in errors
    assert not {"b", "b.part"} & {*os.listdir(tmp_path)}


async def test_killed_in_the_middle_there_is_no_backup_and_the_next_one_is_whole(
    tmp_path: Path, sqlite_url: str
) -> None:
    await large(sqlite_url)
    killed = 0
    for moment in range(12):
        process = await start(sqlite_url, tmp_path / "b")
        assert process.stdout is not None
        await process.stdout.readline()
        await asyncio.sleep(0.02 * moment)
        process.send_signal(signal.SIGKILL)
        await process.communicate()
        killed += (tmp_path / "b.part").exists()
        if (tmp_path / "b").exists():
            break
    assert killed, "no kill came in the middle"
    (tmp_path / "b").unlink(missing_ok=True)
    await back_up(sqlite_url, tmp_path / "b")
    assert not (tmp_path / "b.part").exists()
    await restore(f"sqlite:///{tmp_path}/there.db", tmp_path / "b")
    assert await content(f"sqlite:///{tmp_path}/there.db") == await content(sqlite_url)


async def test_two_at_once_do_not_write_into_one_file(tmp_path: Path, sqlite_url: str) -> None:
    await large(sqlite_url)
    processes = [await start(sqlite_url, tmp_path / "b") for _ in range(3)]
    ended = await asyncio.gather(*(process.communicate() for process in processes))
    assert sorted(process.returncode or 0 for process in processes) == [0, 1, 1], ended
    there = f"sqlite:///{tmp_path}/there.db"
    assert await restore(there, tmp_path / "b") == sum(map(len, (await content(sqlite_url)).values()))


async def test_what_a_learner_wrote_is_only_ever_text(tmp_path: Path, sqlite_url: str) -> None:
    await (await open_store(sqlite_url)).close()
    await fill(sqlite_url)
    hostile = "\u2028cos\nsystem\n(S'touch /tmp/x'\ntR.'); DROP TABLE learner; --\\ud800 \x7f"
    database = database_at(sqlite_url)
    async with database.transaction() as connection:
        await connection.execute(metadata.tables["learner"].update().values(name=hostile))
    await database.close()
    await back_up(sqlite_url, tmp_path / "b")
    there = f"sqlite:///{tmp_path}/there.db"
    await restore(there, tmp_path / "b")
    assert {row.name for row in await rows(there, "SELECT name FROM learner")} == {hostile}
