"""Whoever wants to go is gone: a marker in every text column of theirs, and every table looked through."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Table, insert, update

from bot.core.administration import NoticeKind
from bot.core.records import Finding, Findings, Learner, Message, UploadState, Window
from bot.core.scoring import window_keys
from bot.core.slots import SlotKind
from bot.store import SqlStore
from bot.store.codec import Document, PlainText
from bot.store.engine import database_at
from bot.store.privacy import THEIRS
from bot.store.schema import metadata
from bot.store.tables import memory
from bot.store.tenancy import ABOUT
from bot.usecases import keeping
from tests.store.scene import ACCEPTED, CODE, DAY, MONDAY, NOON, WRONG, Scene, earn, rows, set_scene

MARK = "Ætherling-7f3a"
KEYS = window_keys(MONDAY)


async def everywhere(url: str) -> dict[str, str]:
    """All that every table holds, as text."""
    found = {}
    for table in metadata.sorted_tables:
        plain = ", ".join(f'CAST("{column.name}" AS TEXT)' for column in table.c)
        found[table.name] = repr(await rows(url, f'SELECT {plain} FROM "{table.name}"'))
    return found


async def marked(store: SqlStore, url: str, scene: Scene) -> Learner:
    """Somebody with a row in every table that has people's rows, and a marker in every text of them."""
    async with store.begin() as unit:
        person = await unit.communities.learner(scene.community, f"id {MARK}", f"name {MARK}")
        answer = await unit.submissions.add(scene.posting, person, f"event {MARK}", f"text {MARK}", NOON)
        verdict = replace(WRONG, message=MARK, output=MARK, diagnosis=MARK)
        await unit.submissions.judged(answer, verdict, scene.version)
        waiting = await unit.submissions.add(scene.posting, person, f"event 2 {MARK}", MARK, NOON)
        await earn(unit, scene.posting, person, f"solve:{MARK}", 10)
        await unit.competition.use_hint(scene.posting, person, 0, NOON)
        sent = await unit.uploads.add(person, f"upload {MARK}", MARK, NOON)
        await unit.uploads.move(sent, UploadState.REFUSED, Findings(MARK, MARK, (Finding(MARK, False, MARK, MARK),)))
        number = await unit.reports.add(person, scene.posting, answer, f"report {MARK}", MARK, NOON)
        told = await unit.administration.notify(scene.community, NoticeKind.REPORT, str(number), MARK, NOON)
        assert told is not None
        await unit.administration.record(person, "upload", MARK, NOON)
        for slot in (f"verdict:{answer.id}", f"upload:{sent.id}", f"notice:{told.id}", f"unposted:{scene.posting.id}"):
            await unit.messages.shown(slot, "terminal", f"address {MARK}", NOON)
            await unit.outbox.put(slot, "terminal", person.id if slot[0] in "vu" else scene.bob.id, NOON, MARK)
        await unit.outbox.put(f"unposted:{scene.posting.id}", "terminal", person.id, NOON, MARK)
        await unit.outbox.put(f"verdict:{waiting.id}", "terminal", person.id, NOON, MARK)
        await unit.outbox.put(f"posting:{scene.posting.id}", "terminal", None, NOON, str(person.id))
    database = database_at(url)
    async with database.transaction() as connection:
        card = {"learner_id": person.id, "topic": MARK, "card": MARK, "due_at": NOON}
        await connection.execute(insert(memory), card)
        await connection.execute(update(metadata.tables["community"]).values(keeper_id=person.id))
        await connection.execute(update(metadata.tables["outbox"]).where(_of("outbox", person)).values(detail=MARK))
    await database.close()
    return person


def _of(table: str, person: Learner) -> object:
    return metadata.tables[table].c.learner_id == person.id


def texts(table: Table) -> list[str]:
    return [column.name for column in table.c if isinstance(column.type, PlainText | Document)]


async def test_after_deletion_no_table_holds_anything_of_theirs(store: SqlStore, url: str, scene: Scene) -> None:
    person = await marked(store, url, scene)
    before = await everywhere(url)
    # What the marker was planted in: every table with people's rows, and what is about those rows.
    expected = {table.name for table in THEIRS if texts(table)} | {"learner", "message", "notice"}
    assert {name for name, held in before.items() if MARK in held} == expected
    for table in (table for table in metadata.sorted_tables if table in THEIRS):
        theirs = await rows(url, f"SELECT * FROM {table.name} WHERE learner_id = {person.id}")
        unmarked = [name for name in texts(table) for row in theirs if MARK not in str(row._mapping[name])]
        assert set(unmarked) <= {"slot", "platform", "action", "submission.verdict", "verdict"}, table.name
    async with store.begin() as unit:
        await unit.privacy.forget(person)
    after = await everywhere(url)
    assert {name for name, held in after.items() if MARK in held} == set()
    for table in THEIRS:
        assert await rows(url, f"SELECT * FROM {table.name} WHERE learner_id = {person.id}") == []
    assert [(row.learner_id, row.action, row.detail) for row in await rows(url, "SELECT * FROM audit")] == [
        (None, "upload", "")
    ]
    assert [row.keeper_id for row in await rows(url, "SELECT keeper_id FROM community")] == [None]
    assert [row.detail for row in await rows(url, "SELECT detail FROM outbox WHERE slot LIKE 'posting:%'")] == [""]


async def test_others_keep_everything_and_counters_agree(store: SqlStore, url: str, scene: Scene) -> None:
    async with store.begin() as unit:
        for who, event in ((scene.ada, "a"), (scene.bob, "b")):
            answer = await unit.submissions.add(scene.posting, who, event, "x", NOON)
            await unit.submissions.judged(answer, ACCEPTED, scene.version)
            await earn(unit, scene.posting, who, "solve", 10)
        assert await unit.competition.counts(scene.posting) == (2, 2)
    async with store.begin() as unit:
        await unit.privacy.forget(scene.ada)
    async with store.begin() as unit:
        assert await unit.competition.counts(scene.posting) == (1, 1)
        board = await unit.competition.board(scene.community, Window.ALL, "all", 10)
        assert [(placed.rank, placed.learner) for placed in board] == [(1, scene.bob)]
        place = await unit.competition.place(scene.bob, Window.SEASON, KEYS[Window.SEASON])
        assert place is not None
        assert place.rank == 1
        again = await unit.communities.learner(scene.community, "ada", "Ada")
        assert again.id > scene.bob.id, "a number that was somebody's is nobody else's"
        assert await unit.competition.points(again) == 0


async def test_everything_of_theirs_is_given_and_nothing_of_others(store: SqlStore, url: str, scene: Scene) -> None:
    person = await marked(store, url, scene)
    async with store.read() as unit:
        everything = await unit.privacy.everything(person)
        counts = await unit.privacy.counts(person)
        nobody = await unit.privacy.everything(scene.ada)
    assert everything.keys() == {"learner", *(table.name for table in THEIRS)}
    assert {name: len(found) for name, found in everything.items() if name != "learner"} == counts
    assert all(counts.values()), "every table is tried"
    assert everything["learner"][0]["name"] == f"name {MARK}"
    answer = everything["submission"][0]
    assert (answer["text"], answer["question"], answer["date"]) == (f"text {MARK}", CODE.title, MONDAY.isoformat())
    assert isinstance(answer["verdict"], dict)
    assert answer["verdict"]["output"] == MARK
    assert MARK not in repr(nobody)
    assert {name for name, found in nobody.items() if found} == {"learner"}


async def test_a_verdict_that_comes_after_the_deletion_brings_nothing_back(store: SqlStore, scene: Scene) -> None:
    async with store.begin() as unit:
        answer = await unit.submissions.add(scene.posting, scene.ada, "e", "x", NOON)
    async with store.begin() as unit:
        await unit.privacy.forget(scene.ada)
    async with store.begin() as unit:
        assert await unit.submissions.judged(answer, ACCEPTED, scene.version) == (None, False)
        assert await unit.submissions.unjudged() == ()


async def test_verdicts_and_deletions_at_the_same_moment_leave_nothing_half(
    store: SqlStore, url: str, scene: Scene
) -> None:
    async def judge(person: Learner, number: int) -> None:
        async with store.begin() as unit:
            answer = await unit.submissions.get(number)
        if answer is None:
            return
        async with store.begin() as unit:
            stored, recorded = await unit.submissions.judged(answer, ACCEPTED, scene.version)
            if recorded:
                await earn(unit, scene.posting, person, "solve", 10)
                await unit.outbox.put(f"verdict:{number}", "terminal", person.id, NOON)
            else:
                assert stored is None

    async def forget(person: Learner) -> None:
        async with store.begin() as unit:
            await unit.privacy.forget(person)

    for round_ in range(10):
        people = []
        async with store.begin() as unit:
            for number in range(8):
                person = await unit.communities.learner(scene.community, f"{round_}-{number}", "P")
                answer = await unit.submissions.add(scene.posting, person, f"{round_}-{number}", "x", NOON)
                people.append((person, answer.id))
        work = [task for person, number in people for task in (judge(person, number), forget(person))]
        await asyncio.gather(*work)
    for table in THEIRS:
        assert await rows(url, f"SELECT * FROM {table.name}") == [], table.name
    places = 'community_id, "window", key, points'
    assert await rows(url, f"SELECT {places} FROM tally GROUP BY {places} HAVING sum(learners) <> 0") == []


async def test_what_is_old_loses_its_texts_and_keeps_its_verdict(store: SqlStore, url: str, scene: Scene) -> None:
    await marked(store, url, scene)
    async with store.begin() as unit:
        new = await unit.submissions.add(scene.posting, scene.ada, "new", "new text", NOON + DAY)
        await unit.submissions.judged(new, replace(WRONG, output="new"), scene.version)
        before = NOON + timedelta(hours=1)
        assert await unit.privacy.empty_old_texts(before, 0, 1) == (1, True)
        # The second is still to be judged.
        assert await unit.privacy.empty_old_texts(before, 1, 10) == (2, False)
        assert await unit.privacy.empty_old_texts(before, 2, 10) == (None, True)
        await unit.privacy.empty_old_reports(before, before)
    stored = await rows(url, "SELECT text, state, verdict FROM submission ORDER BY id")
    assert [(row.text, row.state) for row in stored] == [
        ("", "judged"),
        (MARK, "stored"),  # it is still to be judged
        ("new text", "judged"),
    ]
    async with store.read() as unit:
        old = await unit.submissions.get(1)
        assert old is not None
        assert old.verdict is not None
        assert (old.verdict.outcome, old.verdict.passed, old.verdict.total) == (WRONG.outcome, 1, 3)
        assert (old.verdict.output, old.verdict.message, old.verdict.failing, old.verdict.failure) == (
            "",
            "",
            None,
            None,
        )
        assert old.verdict.diagnosis == MARK, "which mistakes a question invites stays known"
    for table in ("report", "notice", "upload"):
        assert [row.text for row in await rows(url, f"SELECT text FROM {table}")] == [""]


async def test_an_upload_that_is_not_decided_keeps_its_text(store: SqlStore, scene: Scene) -> None:
    async with store.begin() as unit:
        sent = await unit.uploads.add(scene.ada, "u", "text", NOON)
        await unit.uploads.move(sent, UploadState.PROVEN)
        await unit.privacy.empty_old_reports(NOON + DAY, NOON + DAY)
        kept = await unit.uploads.get(sent.id)
    assert kept is not None
    assert kept.text == "text"


async def test_a_community_that_left_is_purged_whole_and_no_other(store: SqlStore, url: str) -> None:
    scene = await set_scene(store)
    person = await marked(store, url, scene)
    async with store.begin() as unit:
        other = await unit.communities.community("terminal", "there", "There")
        stranger = await unit.communities.learner(other, "eve", "Eve")
        schedule = await unit.communities.schedule(other, "general", "UTC")
        posting, _ = await unit.postings.claim(schedule, MONDAY, scene.version, NOON)
        await unit.submissions.add(posting, stranger, "theirs", "x", NOON)
        await earn(unit, posting, stranger, "solve", 5)
        await unit.administration.notify(other, NoticeKind.UNSOLVED, "1", "Nobody.", NOON)
        await unit.messages.shown(f"posting:{posting.id}", "terminal", "theirs", NOON)
        own = await unit.questions.add_version(replace(CODE, id="own"), "d-own", 1, scene.community)
        assert own is not None
        later, _ = await unit.postings.claim(scene.schedule, MONDAY + DAY, own, NOON + DAY)
        for slot in (f"posting:{later.id}", f"board:{scene.schedule.id}", f"recap:{later.id}"):
            await unit.messages.shown(slot, "terminal", MARK, NOON)
            await unit.outbox.put(slot, "terminal", None, NOON, MARK)
        await unit.tenancy.leave("terminal", "here", NOON)
        await unit.tenancy.leave("terminal", "here", NOON + DAY)
    async with store.begin() as unit:
        assert await unit.tenancy.left_before(NOON) == ()
        (gone,) = await unit.tenancy.left_before(NOON + timedelta(hours=1))
    others = {name: held for name, held in (await everywhere(url)).items() if name in ("question", "question_version")}
    finished = False
    while not finished:
        async with store.begin() as unit:
            finished = await unit.tenancy.purge(gone, 2)
    after = await everywhere(url)
    assert {name for name, held in after.items() if MARK in held} == set()
    assert person.id not in [row.id for row in await rows(url, "SELECT id FROM learner")]
    counts = {name: len(await rows(url, f'SELECT 1 FROM "{name}"')) for name in after}
    assert {name: count for name, count in counts.items() if count} == {
        "community": 1,
        "learner": 1,
        "schedule": 1,
        "question": 1,
        "question_version": 1,
        "posting": 1,
        "submission": 1,
        "award": 1,
        "standing": 5,
        "tally": 5,
        "notice": 1,
        "message": 1,
    }
    assert "'own'" in others["question"]


async def test_whoever_is_present_again_has_not_left(store: SqlStore, scene: Scene) -> None:
    async with store.begin() as unit:
        other = await unit.communities.community("terminal", "there", "There")
        elsewhere = await unit.communities.community("discord", "here", "Server")
        await unit.tenancy.compare("terminal", {"there"}, NOON, keeping.everywhere)
        assert [each.id for each in await unit.tenancy.left_before(NOON + DAY)] == [scene.community.id]
        await unit.tenancy.compare("terminal", {"here"}, NOON + DAY, keeping.everywhere)
        assert [each.id for each in await unit.tenancy.left_before(NOON + 2 * DAY)] == [other.id]
        await unit.tenancy.join("terminal", "there")
        assert await unit.tenancy.left_before(NOON + 2 * DAY) == ()
        assert (await unit.communities.community_of(elsewhere.id)).left_at is None


async def test_a_process_that_serves_a_part_says_nothing_of_the_others(store: SqlStore, scene: Scene) -> None:
    async with store.begin() as unit:
        await unit.communities.community("terminal", "there", "There")
        await unit.tenancy.compare("terminal", set(), NOON, lambda name: name == "here")
        assert [each.id for each in await unit.tenancy.left_before(NOON + DAY)] == [scene.community.id]


def test_every_message_that_is_kept_is_found_when_its_community_goes() -> None:
    assert ABOUT.keys() == set(SlotKind) - {SlotKind.TASK, SlotKind.TRY}


@pytest.mark.parametrize(
    "column",
    [
        *(f"{table.name}.learner_id" for table in THEIRS),
        "report.submission_id",
        "posting.version_id",
        "community.keeper_id",
    ],
)
def test_what_belongs_to_what_is_deleted_is_found_without_reading_all(column: str) -> None:
    """Deleting somebody, an answer or a version looks into each of these."""
    table, _, name = column.partition(".")
    found = metadata.tables[table]
    firsts = {next(iter(each.columns), None) for each in (*found.indexes, *found.constraints)}
    assert found.c[name] in firsts


async def test_nothing_is_found_of_an_id_nobody_has(store: SqlStore, scene: Scene) -> None:
    nobody = replace(scene.ada, id=4711)
    async with store.begin() as unit:
        await unit.privacy.forget(nobody)
        assert set((await unit.privacy.counts(nobody)).values()) == {0}


async def test_an_address_that_nobody_can_write_to_any_more_is_deleted(store: SqlStore, url: str, scene: Scene) -> None:
    async with store.begin() as unit:
        for number, expires in enumerate((NOON, NOON + timedelta(hours=1), None)):
            expected = Message(f"verdict:{number}", "discord", "sealed", NOON, expires_at=expires)
            await unit.messages.expect(expected)
        await unit.privacy.empty_old_reports(NOON - DAY, NOON + timedelta(minutes=1))
    assert [row.slot for row in await rows(url, "SELECT slot FROM message ORDER BY slot")] == ["verdict:1", "verdict:2"]
