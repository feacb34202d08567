"""Whatever happens to the ledger, the standings are what it adds up to, and the tally what they do."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.core.records import Correction, Learner, Posting, Window
from bot.core.scoring import is_solve, window_keys
from bot.repositories import UnitOfWork
from bot.store import SqlStore, standings
from bot.store.standings import MOST_BY_NAME
from tests.store.scene import DAY, MONDAY, NOON, Scene, change, earn, rows

PEOPLE, DAYS = 4, 5
who, what_day, points = st.integers(0, PEOPLE - 1), st.integers(0, DAYS - 1), st.integers(-20, 45)
steps = st.one_of(
    st.tuples(st.just("solve"), who, what_day, st.integers(0, 45)),
    st.tuples(st.just("void"), what_day),
    st.tuples(
        st.just("rejudge"), what_day, st.lists(st.tuples(who, points, st.integers(-1, 1)), unique_by=lambda c: c[0])
    ),
    st.tuples(st.just("hide"), who, st.booleans()),
    st.tuples(st.just("forget"), who),
    st.tuples(st.just("season"), st.sampled_from([1, 2, 3, 4, 6, 12])),
    st.tuples(st.just("merge"), what_day),
)


async def do(work: UnitOfWork, scene: Scene, people: list[Learner], postings: list[Posting], step: Any, n: int) -> None:
    match step:
        case "solve", person, day, earned:
            await earn(work, postings[day], people[person], "solve", earned, NOON)
        case "void", day:
            await work.competition.void(postings[day], NOON)
        case "rejudge", day, changes:
            corrections = [Correction(people[person].id, earned, solved) for person, earned, solved in changes]
            await work.competition.correct(postings[day], f"rejudge:{n}", corrections, NOON)
        case "hide", person, hidden:
            await work.competition.hide(people[person], hidden=hidden)
        case "forget", person:
            await standings.forget(work.competition._connection, people[person])  # type: ignore[attr-defined]
        case "season", months:
            await work.competition.count_seasons_anew(scene.community, months)
        case "merge", day:
            community = await work.communities.community_of(scene.community.id)
            connection = work.competition._connection  # type: ignore[attr-defined]
            await standings.merge(connection, postings[day], standings.Terms(community.season_months))


async def rebuilt(url: str) -> tuple[dict[Any, Any], dict[Any, Any]]:
    """Standings and tally as the ledger has them."""
    (community,) = await rows(url, "SELECT season_months FROM community WHERE platform = 'terminal'")
    dates = {row.id: date.fromisoformat(str(row.local_date)) for row in await rows(url, "SELECT * FROM posting")}
    hidden = {row.id: bool(row.hidden) for row in await rows(url, "SELECT * FROM learner")}
    sums: dict[Any, tuple[int, int, bool]] = {}
    for entry in await rows(url, "SELECT * FROM award"):
        for window, key in window_keys(dates[entry.posting_id], community.season_months).items():
            had = sums.get((window.value, key, entry.learner_id), (0, 0, False))
            whole = had[0] + entry.points, had[1] + entry.solved, hidden[entry.learner_id]
            sums[window.value, key, entry.learner_id] = whole
    tally: Counter[Any] = Counter()
    for (window, key, _), (total, _, is_hidden) in sums.items():
        if total > 0 and not is_hidden:
            tally[str(window), key, total] += 1
    return sums, dict(tally)


async def kept(url: str) -> tuple[dict[Any, Any], dict[Any, Any]]:
    standing = await rows(url, 'SELECT "window", "key", learner_id, points, solved, hidden FROM standing')
    tally: Counter[Any] = Counter()
    for line in await rows(url, 'SELECT "window", "key", points, learners FROM tally'):
        tally[line[0], line[1], line[2]] += line[3]
    sums = {(row[0], row[1], row[2]): (row[3], row[4], bool(row[5])) for row in standing}
    return sums, {key: count for key, count in tally.items() if count}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=st.lists(steps, max_size=25))
async def test_any_history_leaves_standings_that_can_be_rebuilt_from_the_ledger(
    store: SqlStore, scene: Scene, url: str, history: list[Any]
) -> None:
    for table in ("award", "standing", "tally"):  # what the example before left
        await change(url, f"DELETE FROM {table} RETURNING 1")
    await change(url, "UPDATE posting SET state = 'posted', closed_at = NULL RETURNING 1")
    async with store.begin() as work:
        people = [await work.communities.learner(scene.community, f"p{n}", f"P{n}") for n in range(PEOPLE)]
        for person in people:
            await work.competition.hide(person, hidden=False)
        await work.competition.count_seasons_anew(scene.community, 3)
        # Two years meet in one week, and two of the seasons.
        days = [date(2025, 12, 29) + number * DAY for number in (0, 2, 3, 40, 180)]
        postings = [(await work.postings.claim(scene.schedule, day, scene.version, NOON))[0] for day in reversed(days)]
    for number, step in enumerate(history):
        async with store.begin() as work:
            await do(work, scene, people, postings, step, number)
    assert await kept(url) == await rebuilt(url)


async def test_awards_of_many_at_the_same_time_add_up(store: SqlStore, scene: Scene, url: str) -> None:
    async with store.begin() as work:
        people = [await work.communities.learner(scene.community, f"p{n}", f"P{n}") for n in range(60)]
        tuesday, _ = await work.postings.claim(scene.schedule, MONDAY + DAY, scene.version, NOON)

    async def award(learner: Learner, posting: Posting) -> None:
        async with store.begin() as work:
            await earn(work, posting, learner, "solve", 10 + learner.id % 3)

    async def disturb() -> None:
        for posting in (scene.posting, tuesday):
            async with store.begin() as work:
                await standings.merge(work.competition._connection, posting, standings.Terms(3))  # type: ignore[attr-defined]
        async with store.begin() as work:
            await work.competition.hide(people[0], hidden=True)

    awards = [award(learner, posting) for learner in people for posting in (scene.posting, tuesday)]
    await asyncio.gather(*awards[:60], disturb(), *awards[60:], disturb())
    assert await kept(url) == await rebuilt(url)
    assert sum((await kept(url))[1].values()) == 59 * 6  # two days, and four other windows


async def test_a_void_and_verdicts_at_the_same_moment_leave_nothing_earned(
    store: SqlStore, scene: Scene, url: str
) -> None:
    async with store.begin() as work:
        people = [await work.communities.learner(scene.community, f"p{n}", f"P{n}") for n in range(30)]

    async def award(learner: Learner) -> bool:
        async with store.begin() as work:
            return await earn(work, scene.posting, learner, "solve", 10)

    async def void() -> bool:
        async with store.begin() as work:
            return await work.competition.void(scene.posting, NOON) is not None

    before, after = [award(person) for person in people[:15]], [award(person) for person in people[15:]]
    outcomes = await asyncio.gather(*before, void(), void(), *after)
    assert sum(outcomes[15:17]) == 1
    ledger = await rows(url, "SELECT learner_id, sum(points), sum(solved) FROM award GROUP BY learner_id")
    assert {tuple(row)[1:] for row in ledger} <= {(0, 0)}
    assert len(ledger) == sum(outcomes) - 1
    assert await kept(url) == await rebuilt(url)


async def test_a_verdict_that_waits_for_a_void_earns_nothing(store: SqlStore, scene: Scene, url: str) -> None:
    voided = asyncio.Event()

    async def void() -> None:
        async with store.begin() as work:
            await work.competition.void(scene.posting, NOON)
            voided.set()
            await asyncio.sleep(0.1)

    async def award() -> bool:
        await voided.wait()
        async with store.begin() as work:
            return await earn(work, scene.posting, scene.ada, "solve", 10)

    _, awarded = await asyncio.gather(void(), award())
    assert awarded is False
    assert await rows(url, "SELECT * FROM award") == []


async def test_a_void_that_waits_for_a_verdict_takes_it_back(store: SqlStore, scene: Scene, url: str) -> None:
    awarded = asyncio.Event()

    async def award() -> None:
        async with store.begin() as work:
            assert await earn(work, scene.posting, scene.ada, "solve", 10)
            awarded.set()
            await asyncio.sleep(0.1)

    async def void() -> tuple[Correction, ...] | None:
        await awarded.wait()
        async with store.begin() as work:
            return await work.competition.void(scene.posting, NOON)

    _, back = await asyncio.gather(award(), void())
    assert back == (Correction(scene.ada.id, -10, -1),)
    assert await kept(url) == await rebuilt(url)


async def test_an_answer_that_came_after_the_close_earns_nothing(store: SqlStore, scene: Scene) -> None:
    async with store.begin() as work:
        await work.postings.claim(scene.schedule, MONDAY + DAY, scene.version, NOON + DAY)
        late = await earn(work, scene.posting, scene.ada, "solve", 10, NOON + DAY)
        in_time = await earn(work, scene.posting, scene.bob, "solve", 10, NOON)
    assert (late, in_time) == (False, True)


async def test_a_hidden_learner_is_on_no_board_and_takes_nobodys_place(store: SqlStore, scene: Scene) -> None:
    async with store.begin() as work:
        await earn(work, scene.posting, scene.ada, "solve", 30)
        await earn(work, scene.posting, scene.bob, "solve", 20)
        await work.competition.hide(scene.ada, hidden=True)
        board = await work.competition.board(scene.community, Window.ALL, "all", 5)
        bob = await work.competition.place(scene.bob, Window.ALL, "all")
        ada = await work.competition.place(scene.ada, Window.ALL, "all")
    assert [line.learner.id for line in board] == [scene.bob.id]
    assert bob is not None
    assert ada is not None
    assert (bob.rank, ada.rank) == (1, 1)


@pytest.mark.parametrize("many", [30, MOST_BY_NAME + 10])
async def test_however_many_share_the_last_place_a_list_has_its_length(
    store: SqlStore, scene: Scene, many: int
) -> None:
    async with store.begin() as work:
        for number in range(many):
            learner = await work.communities.learner(scene.community, f"t{number}", f"T{many - number:03}")
            await earn(work, scene.posting, learner, "solve", 20 if number == 7 else 10)
        board = await work.competition.board(scene.community, Window.ALL, "all", 5)
    assert [line.rank for line in board] == [1, 2, 2, 2, 2]
    names = [line.learner.name for line in board[1:]]
    assert names == sorted(names)
    if many < MOST_BY_NAME:
        assert names == ["T001", "T002", "T003", "T004"]


async def test_a_season_of_another_length_counts_the_past_anew(store: SqlStore, scene: Scene) -> None:
    async with store.begin() as work:
        earlier, _ = await work.postings.claim(scene.schedule, MONDAY - 60 * DAY, scene.version, NOON)
        for posting in (earlier, scene.posting):
            await earn(work, posting, scene.ada, "solve", 10)
        await work.competition.count_seasons_anew(scene.community, 1)
        march = await work.competition.place(scene.ada, Window.SEASON, "2026-S3of12")
        old = await work.competition.place(scene.ada, Window.SEASON, "2026-S1")
        await earn(work, scene.posting, scene.bob, "solve", 5)
        bob = await work.competition.place(scene.bob, Window.SEASON, "2026-S3of12")
    assert march is not None
    assert march.points == 10
    assert old is None
    assert bob is not None
    assert bob.rank == 2
    assert is_solve("solve:1")


async def test_while_thousands_are_corrected_others_get_their_turn(store: SqlStore, scene: Scene) -> None:
    async with store.begin() as work:
        people = [await work.communities.learner(scene.community, f"p{number}", "P") for number in range(1_000)]
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    counting = asyncio.create_task(others())
    async with store.begin() as work:
        await asyncio.sleep(0)
        before = turns
        corrections = [Correction(person.id, 5, 0) for person in people]
        assert len(await work.competition.correct(scene.posting, "rejudge:1", corrections, NOON)) == 1_000
        again = await work.competition.correct(scene.posting, "rejudge:1", corrections, NOON)
        assert turns - before >= 10
        assert len(again) == 1_000, "they are there, and corrected already"
        assert (await work.competition.board(scene.community, Window.ALL, "all", 1))[0].points == 5
    counting.cancel()
