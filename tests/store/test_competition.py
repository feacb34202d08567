from collections import Counter
from datetime import date
from random import Random

from sqlalchemy import insert, text

from bot.core.records import Correction, Learner, Message, Progress, Window
from bot.core.scoring import window_keys
from bot.store import SqlStore
from bot.store.competition import _AROUND
from bot.store.engine import database_at
from bot.store.tables import message
from tests.store.scene import DAY, MONDAY, NOON, WRONG, Scene, earn, rows

EVERY = "all"


async def test_an_award_is_given_once_for_a_cause(store: SqlStore, scene: Scene) -> None:
    async with store.begin() as unit:
        given = [
            await earn(unit, scene.posting, scene.ada, cause, points)
            for cause, points in [("solve", 15), ("solve", 15), ("void", -15), ("rejudge:4", 6), ("rejudge:4", 9)]
        ]
    async with store.begin() as unit:
        assert await unit.competition.points(scene.ada) == 6
        assert await unit.competition.points(scene.bob) == 0
        (line,) = await unit.competition.board(scene.community, Window.ALL, EVERY, 10)
    assert given == [True, False, True, True, False]
    assert (line.points, line.solved) == (6, 1)


async def test_standings_rebuilt_from_the_ledger_are_the_standings(store: SqlStore, scene: Scene, url: str) -> None:
    random = Random(20260309)
    days = [date(2025, 12, 30) + number * DAY for number in range(0, 120, 7)]
    async with store.begin() as unit:
        people = [await unit.communities.learner(scene.community, f"p{n}", f"P{n}") for n in range(4)]
        for day in days:
            posting, _ = await unit.postings.claim(scene.schedule, day, scene.version, NOON)
            for _ in range(6):
                cause = random.choice(["solve", "solve", "void", f"rejudge:{random.randrange(3)}"])
                await earn(unit, posting, random.choice(people), cause, random.randint(-20, 45))
    ledger = await rows(url, "SELECT learner_id, posting_id, cause, points FROM award")
    dates = {row.id: date.fromisoformat(str(row.local_date)) for row in await rows(url, "SELECT * FROM posting")}
    points: Counter[tuple[str, str, int]] = Counter()
    solved: Counter[tuple[str, str, int]] = Counter()
    for entry in ledger:
        for window, key in window_keys(dates[entry.posting_id]).items():
            points[window.value, key, entry.learner_id] += entry.points
            solved[window.value, key, entry.learner_id] += entry.cause == "solve"
    kept = await rows(url, 'SELECT "window", "key", learner_id, points, solved FROM standing')
    assert {row[:3]: row[3:] for row in map(tuple, kept)} == {key: (points[key], solved[key]) for key in points}
    assert len(ledger) > 60


async def test_equal_points_share_a_rank_and_are_listed_by_name(store: SqlStore, scene: Scene) -> None:
    async with store.begin() as unit:
        for name, points in [("Dot", 10), ("Cy", 20), ("Al", 20), ("Bea", 10), ("Zed", 0), ("Neg", -5), ("Eve", 5)]:
            learner = await unit.communities.learner(scene.community, name.lower(), name)
            await earn(unit, scene.posting, learner, "solve", points)
        board = await unit.competition.board(scene.community, Window.ALL, EVERY, 10)
        top = await unit.competition.board(scene.community, Window.ALL, EVERY, 3)
    assert [(line.rank, line.learner.name, line.points) for line in board] == [
        (1, "Al", 20),
        (1, "Cy", 20),
        (3, "Bea", 10),
        (3, "Dot", 10),
        (5, "Eve", 5),
    ]
    assert top == board[:3]


async def test_ones_own_place_is_the_boards_and_none_without_points(store: SqlStore, scene: Scene) -> None:
    async with store.begin() as unit:
        people = []
        for name, points in [("Dot", 10), ("Cy", 20), ("Al", 20), ("Bea", 10), ("Zed", 0), ("Neg", -5), ("Eve", 5)]:
            people.append(await unit.communities.learner(scene.community, name.lower(), name))
            await earn(unit, scene.posting, people[-1], "solve", points)
        earlier, _ = await unit.postings.claim(scene.schedule, MONDAY - DAY, scene.version, NOON)
        await earn(unit, earlier, people[-1], "solve", 90)
        other = await unit.communities.community("discord", "s", "Server")
        stranger = await unit.communities.learner(other, "al", "Al")
        for window, key in window_keys(MONDAY).items():
            board = await unit.competition.board(scene.community, window, key, 10)
            ranks = {line.learner.id: line for line in board}
            for learner in [*people, scene.ada, stranger]:
                own = await unit.competition.place(learner, window, key)
                assert own == ranks.get(learner.id)
        day = [await unit.competition.place(who, Window.DAY, MONDAY.isoformat()) for who in people]
        eve = await unit.competition.place(people[-1], Window.ALL, EVERY)
    assert [place and place.rank for place in day] == [3, 1, 1, 3, None, None, 5]
    assert eve is not None
    assert (eve.rank, eve.points, eve.solved) == (1, 95, 2)


async def test_each_window_counts_its_own_days(store: SqlStore, scene: Scene) -> None:
    async with store.begin() as unit:
        for day in [MONDAY, MONDAY + DAY, MONDAY - DAY, date(2026, 2, 28), date(2025, 12, 31)]:
            posting, _ = await unit.postings.claim(scene.schedule, day, scene.version, NOON)
            await earn(unit, posting, scene.ada, "solve", 10)
        boards = {
            window: await unit.competition.board(scene.community, window, key, 5)
            for window, key in window_keys(MONDAY).items()
        }
        assert await unit.competition.board(scene.community, Window.DAY, "2026-03-11", 5) == ()
    assert {window: board[0].points for window, board in boards.items()} == {
        Window.DAY: 10,
        Window.WEEK: 20,
        Window.MONTH: 30,
        Window.SEASON: 40,
        Window.ALL: 50,
    }


async def test_a_board_lists_only_its_own_community(store: SqlStore, scene: Scene) -> None:
    async with store.begin() as unit:
        other = await unit.communities.community("discord", "s", "Server")
        await earn(unit, scene.posting, scene.ada, "solve", 10)
        assert await unit.competition.board(other, Window.ALL, EVERY, 5) == ()


async def test_progress_tells_attempts_hints_and_points(store: SqlStore, scene: Scene) -> None:
    async def progress(learner: Learner) -> Progress:
        async with store.begin() as unit:
            return await unit.competition.progress(scene.posting, learner)

    assert await progress(scene.ada) == Progress()
    async with store.begin() as unit:
        for index in (0, 0, 1, -1, -1):
            await unit.competition.use_hint(scene.posting, scene.ada, index, NOON)
        await unit.submissions.add(scene.posting, scene.ada, "e1", "", NOON)
        await unit.submissions.add(scene.posting, scene.ada, "e2", "", NOON)
    assert await progress(scene.ada) == Progress(attempts=2, hints_used=2, gave_up=True)
    async with store.begin() as unit:
        await earn(unit, scene.posting, scene.ada, "solve", 0)
        await earn(unit, scene.posting, scene.ada, "rejudge:1", 4)
    assert await progress(scene.ada) == Progress(attempts=2, solved=True, hints_used=2, gave_up=True, points=4)
    assert await progress(scene.bob) == Progress()


async def test_a_posting_counts_people_not_answers(store: SqlStore, scene: Scene) -> None:
    async with store.begin() as unit:
        assert await unit.competition.counts(scene.posting) == (0, 0)
        for number, learner in enumerate([scene.ada, scene.ada, scene.bob]):
            await unit.submissions.add(scene.posting, learner, f"e{number}", "", NOON)
        await earn(unit, scene.posting, scene.ada, "solve", 10)
        await earn(unit, scene.posting, scene.ada, "void", -10)
        assert await unit.competition.counts(scene.posting) == (2, 1)


async def test_who_was_too_late_or_whose_answer_is_void_is_not_counted(store: SqlStore, scene: Scene) -> None:
    async with store.begin() as unit:
        void = await unit.submissions.add(scene.posting, scene.ada, "void", "", NOON)
        await unit.submissions.void(void, scene.version)
        assert await unit.competition.counts(scene.posting) == (0, 0)
        # Her streak goes on: it was not her who made it void.
        assert (await unit.postings.answered(scene.schedule, scene.ada))[0].answered
        assert await unit.health.who_answered(scene.posting) == {scene.ada.id}
        await unit.submissions.add(scene.posting, scene.bob, "in time", "", NOON)
        await unit.submissions.add(scene.posting, scene.ada, "late", "", NOON + DAY)
        await unit.postings.claim(scene.schedule, MONDAY + DAY, scene.version, NOON + DAY)
        assert await unit.competition.counts(scene.posting) == (1, 0)
        assert await unit.health.who_answered(scene.posting) == {scene.ada.id, scene.bob.id}
        ((_, answered, solved),) = await unit.health.between(scene.community, MONDAY, MONDAY + DAY)
        assert (answered, solved) == (1, 0)


async def test_a_solution_that_was_taken_back_is_none_and_one_that_was_given_later_is_one(
    store: SqlStore, scene: Scene
) -> None:
    asked = scene.version.question.id
    async with store.begin() as unit:
        for person, event in ((scene.ada, "a"), (scene.bob, "b")):
            answer = await unit.submissions.add(scene.posting, person, event, "", NOON)
            await unit.submissions.judged(answer, WRONG, scene.version)
        await earn(unit, scene.posting, scene.ada, "solve", 10)
        assert await unit.learning.solved_since(scene.ada, NOON) == {asked}
        assert (await unit.health.unsolved(scene.posting))[1] == 0
        taken = Correction(scene.ada.id, -10, -1)
        await unit.competition.correct(scene.posting, "rejudge:1", [taken], NOON)
        assert await unit.learning.solved_since(scene.ada, NOON) == frozenset()
        assert await unit.health.unsolved(scene.posting) == (2, 2)
        given = Correction(scene.bob.id, 10, 1)
        await unit.competition.correct(scene.posting, "rejudge:2", [given], NOON + DAY)
        assert await unit.learning.solved_since(scene.bob, NOON + DAY) == {asked}
        assert await unit.learning.solved_since(scene.bob, NOON + 2 * DAY) == frozenset()
        assert await unit.health.unsolved(scene.posting) == (0, 0)


async def test_what_is_seen_of_a_posting_is_found_by_its_name_and_comes_in_one_order(
    store: SqlStore, scene: Scene
) -> None:
    async with store.begin() as unit:
        boards = [await unit.communities.schedule(scene.community, f"c{number}", "UTC") for number in range(11)]
        for each in boards[::-1]:
            await unit.competition.keep_board(each.id, kept=each is not boards[3])
            await unit.messages.shown(f"board:{each.id}", "terminal", "there", NOON)
        await unit.messages.shown("board:999", "terminal", "another community's", NOON)
        assert (await unit.competition.around(scene.posting)).closed_at is None
        kept = sorted(f"board:{each.id}" for each in boards if each is not boards[3])
        assert [each.slot for each in (await unit.competition.around(scene.posting)).shown] == kept
        await unit.messages.shown(f"posting:{scene.posting.id}", "terminal", "there", NOON)
        await unit.messages.expect(Message("posting:999", "terminal", "there", NOON))
        # Two verdicts that write about them in another order would wait for each other.
        shown = [each.slot for each in (await unit.competition.around(scene.posting)).shown]
        assert shown == [*kept, f"posting:{scene.posting.id}"]
        assert [each.slot for each in await unit.competition.boards(scene.community.id)] == kept


async def test_however_many_messages_there_are_a_verdict_reads_only_its_own(
    store: SqlStore, scene: Scene, url: str
) -> None:
    wanted = {"of_posting": scene.posting.id, "of_community": scene.community.id, "public": "posting:1"}
    taken = {"platform": "terminal", "address": "there", "expected_at": NOON}
    database = database_at(url)
    async with database.transaction() as connection:
        await connection.execute(insert(message), [{"slot": f"verdict:{number}", **taken} for number in range(9_000)])
        await connection.execute(text("ANALYZE message"))
        asked = _AROUND.params(wanted).compile(dialect=connection.dialect, compile_kwargs={"literal_binds": True})
        explain = "EXPLAIN" if connection.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN"
        plan = repr((await connection.execute(text(f"{explain} {asked}"))).all())
    await database.close()
    assert "message" in plan
    assert "Seq Scan on message" not in plan
    assert "SCAN message" not in plan
