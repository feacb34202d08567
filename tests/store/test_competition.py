from collections import Counter
from datetime import date
from random import Random

from bot.core.records import Learner, Progress, Window
from bot.core.scoring import window_keys
from bot.store import SqlStore
from tests.store.scene import DAY, MONDAY, NOON, Scene, rows

EVERY = "all"


async def test_an_award_is_given_once_for_a_cause(store: SqlStore, scene: Scene) -> None:
    async with store.begin() as unit:
        given = [
            await unit.competition.award(scene.posting, scene.ada, cause, points, NOON)
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
                await unit.competition.award(posting, random.choice(people), cause, random.randint(-20, 45), NOON)
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
            await unit.competition.award(scene.posting, learner, "solve", points, NOON)
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
            await unit.competition.award(scene.posting, people[-1], "solve", points, NOON)
        earlier, _ = await unit.postings.claim(scene.schedule, MONDAY - DAY, scene.version, NOON)
        await unit.competition.award(earlier, people[-1], "solve", 90, NOON)
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
            await unit.competition.award(posting, scene.ada, "solve", 10, NOON)
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
        await unit.competition.award(scene.posting, scene.ada, "solve", 10, NOON)
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
        await unit.competition.award(scene.posting, scene.ada, "solve", 0, NOON)
        await unit.competition.award(scene.posting, scene.ada, "rejudge:1", 4, NOON)
    assert await progress(scene.ada) == Progress(attempts=2, solved=True, hints_used=2, gave_up=True, points=4)
    assert await progress(scene.bob) == Progress()


async def test_a_posting_counts_people_not_answers(store: SqlStore, scene: Scene) -> None:
    async with store.begin() as unit:
        assert await unit.competition.counts(scene.posting) == (0, 0)
        for number, learner in enumerate([scene.ada, scene.ada, scene.bob]):
            await unit.submissions.add(scene.posting, learner, f"e{number}", "", NOON)
        await unit.competition.award(scene.posting, scene.ada, "solve", 10, NOON)
        await unit.competition.award(scene.posting, scene.ada, "void", -10, NOON)
        assert await unit.competition.counts(scene.posting) == (2, 1)
