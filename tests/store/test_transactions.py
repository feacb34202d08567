import asyncio
import traceback
from dataclasses import replace

import pytest

from bot.core.records import Posting, Submission, Window
from bot.ports import RuleBroken
from bot.store import SqlStore, open_store
from tests.store.scene import DAY, MONDAY, NOON, VALUE, Scene, earn, rows

TASKS = range(20)


class Interruption(Exception):
    pass


async def test_a_block_that_raises_leaves_nothing_behind(store: SqlStore, scene: Scene) -> None:
    async def write() -> None:
        async with store.begin() as unit:
            await unit.submissions.add(scene.posting, scene.ada, "e1", "", NOON)
            await earn(unit, scene.posting, scene.ada, "solve", 10)
            raise Interruption

    with pytest.raises(Interruption):
        await write()
    async with store.begin() as unit:
        assert await unit.submissions.unjudged() == ()
        assert await unit.competition.points(scene.ada) == 0
        assert await unit.competition.board(scene.community, Window.ALL, "all", 5) == ()


async def test_a_block_that_is_cancelled_leaves_nothing_behind_and_nobody_waiting(
    store: SqlStore, scene: Scene
) -> None:
    written = asyncio.Event()

    async def write() -> None:
        async with store.begin() as unit:
            await unit.submissions.add(scene.posting, scene.ada, "e1", "", NOON)
            written.set()
            await asyncio.Event().wait()

    writing = asyncio.create_task(write())
    await written.wait()
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    async with store.begin() as unit:
        assert await unit.submissions.unjudged() == ()


async def test_tasks_cancelled_anywhere_leave_a_store_that_works(store: SqlStore, scene: Scene) -> None:
    async def write(number: int) -> None:
        async with store.begin() as unit:
            await unit.submissions.add(scene.posting, scene.ada, f"e{number}", "", NOON)
            await earn(unit, scene.posting, scene.ada, f"e{number}", 1)

    for delay in range(12):
        writing = [asyncio.create_task(write(3 * delay + number)) for number in range(3)]
        await asyncio.sleep(0.0007 * delay)
        for task in writing:
            task.cancel()
        await asyncio.gather(*writing, return_exceptions=True)
    async with store.begin() as unit:
        progress = await unit.competition.progress(scene.posting, scene.ada)
    assert progress.attempts == progress.points


async def test_a_refusal_of_the_database_becomes_ours_and_quotes_nobody(store: SqlStore, scene: Scene) -> None:
    async def write() -> None:
        async with store.begin() as unit:
            await unit.submissions.add(scene.posting, scene.ada, "kept?", "", NOON)
            await unit.submissions.add(scene.posting, replace(scene.ada, id=999), "e1", "their secret", NOON)

    # To wait for another database would be no use.
    with pytest.raises(RuleBroken, match=r"(?i)foreign key") as refusal:
        await write()
    logged = "".join(traceback.format_exception(refusal.value))
    assert "(999)" not in logged
    assert "_add(self._connection" in logged, "it says where"
    async with store.begin() as unit:
        assert await unit.submissions.unjudged() == ()


async def test_many_at_once_store_one_event_once(store: SqlStore, scene: Scene) -> None:
    async def add(_: int) -> Submission:
        async with store.begin() as unit:
            return await unit.submissions.add(scene.posting, scene.ada, "e1", "x", NOON)

    assert len(set(await asyncio.gather(*map(add, TASKS)))) == 1


async def test_many_answers_at_once_number_their_attempts_without_gap(store: SqlStore, scene: Scene) -> None:
    async def add(number: int) -> Submission:
        async with store.begin() as unit:
            return await unit.submissions.add(scene.posting, scene.ada, f"e{number}", "x", NOON)

    attempts = sorted(answer.attempt for answer in await asyncio.gather(*map(add, TASKS)))
    assert attempts == [1 + number for number in TASKS]


async def test_many_at_once_give_one_award_once(store: SqlStore, scene: Scene) -> None:
    async def award(number: int) -> bool:
        async with store.begin() as unit:
            return await earn(unit, scene.posting, scene.ada, f"rejudge:{number // 10}", 10)

    assert sum(await asyncio.gather(*map(award, TASKS))) == 2
    async with store.begin() as unit:
        (line,) = await unit.competition.board(scene.community, Window.ALL, "all", 5)
        assert line.points == await unit.competition.points(scene.ada) == 20


async def test_many_at_once_claim_one_date_once(store: SqlStore, scene: Scene) -> None:
    async with store.begin() as unit:
        value = await unit.questions.add_version(VALUE, "v", 1)
        assert value is not None
        versions = [scene.version, value]

    async def claim(number: int) -> tuple[Posting, bool]:
        async with store.begin() as unit:
            return await unit.postings.claim(scene.schedule, MONDAY + DAY, versions[number % 2], NOON + DAY)

    claimed = await asyncio.gather(*map(claim, TASKS))
    assert len({posting for posting, _ in claimed}) == 1
    assert sum(is_new for _, is_new in claimed) == 1, "one has posted it, and knows that"
    async with store.begin() as unit:
        assert len(await unit.postings.asked(scene.schedule)) == 2


async def test_many_at_once_meet_a_newcomer_once(store: SqlStore, scene: Scene) -> None:
    async def meet(_: int) -> int:
        async with store.begin() as unit:
            return (await unit.communities.learner(scene.community, "new", "New")).id

    assert len(set(await asyncio.gather(*map(meet, TASKS)))) == 1


async def test_a_sqlite_file_is_used_so_that_a_commit_survives_a_power_cut(sqlite_url: str) -> None:
    await (await open_store(sqlite_url)).close()
    assert await rows(sqlite_url, "PRAGMA journal_mode") == [("wal",)]
    assert await rows(sqlite_url, "PRAGMA synchronous") == [(2,)]
