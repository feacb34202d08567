"""What two processes do at the same moment on PostgreSQL, in the order that was once wrong; SQLite takes turns."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.administration import NoticeKind
from bot.core.memory import Recall
from bot.core.records import Correction
from bot.repositories import UnitOfWork
from bot.store import SqlStore
from bot.usecases.closing import settle
from bot.usecases.memories import remember, reviewed
from bot.usecases.notifying import tell_admin
from bot.usecases.retrying import in_one_go
from tests.store.racing import race
from tests.store.scene import ACCEPTED, DAY, MONDAY, NOON, WRONG, Scene, earn, rows
from tests.store.test_standings import kept, rebuilt


@pytest.fixture
def url(postgres: Callable[[str], str]) -> str:
    return postgres("migrated")


@pytest.fixture
async def points(store: SqlStore, scene: Scene) -> None:
    """Ada and Bob have earned something."""
    async with store.begin() as work:
        for person in (scene.ada, scene.bob):
            await earn(work, scene.posting, person, "solve", 10)


@pytest.mark.usefixtures("points")
async def test_who_hides_while_seasons_are_counted_anew_is_hidden_in_them_too(
    store: SqlStore, scene: Scene, url: str
) -> None:
    outcomes = await race(
        store,
        lambda work: work.competition.count_seasons_anew(scene.community, 1),
        lambda work: work.competition.hide(scene.ada, hidden=True),
        after="INSERT INTO standing",
    )
    assert outcomes == (None, None)
    assert await kept(url) == await rebuilt(url)


@pytest.mark.usefixtures("points")
@pytest.mark.parametrize("statement", ["UPDATE community", "DELETE FROM standing", "INSERT INTO standing"])
async def test_who_goes_while_seasons_are_counted_anew_is_gone(
    store: SqlStore, scene: Scene, url: str, statement: str
) -> None:
    async with store.begin() as work:
        await work.communities.set_keeper(scene.community, scene.ada.id)
    outcomes = await race(
        store,
        lambda work: work.competition.count_seasons_anew(scene.community, 1),
        lambda work: work.privacy.forget(scene.ada),
        after=statement,
    )
    assert outcomes == (None, None)
    assert await kept(url) == await rebuilt(url)


@pytest.mark.usefixtures("points")
async def test_seasons_counted_anew_while_somebody_goes_know_nothing_of_them(
    store: SqlStore, scene: Scene, url: str
) -> None:
    outcomes = await race(
        store,
        lambda work: work.privacy.forget(scene.ada),
        lambda work: work.competition.count_seasons_anew(scene.community, 1),
        after="FROM learner",
    )
    assert outcomes == (None, None)
    assert await kept(url) == await rebuilt(url)


@pytest.mark.usefixtures("points")
async def test_an_award_does_not_wait_for_a_new_keeper_and_finds_the_season_as_it_is(
    store: SqlStore, scene: Scene, url: str
) -> None:
    async with store.begin() as work:
        tuesday, _ = await work.postings.claim(scene.schedule, MONDAY + DAY, scene.version, NOON)
    outcomes = await race(
        store,
        lambda work: work.competition.count_seasons_anew(scene.community, 1),
        lambda work: earn(work, tuesday, scene.ada, "solve", 10),
        after="UPDATE community",
    )
    assert outcomes == (None, True)
    assert await kept(url) == await rebuilt(url)
    async with store.begin() as work:
        await work.communities.set_keeper(scene.community, scene.ada.id)
        async with asyncio.timeout(10), store.begin() as other:
            assert await earn(other, tuesday, scene.bob, "solve", 10)


@pytest.mark.usefixtures("points")
@pytest.mark.parametrize("statement", ["sum(award.points)", "UPDATE posting", "season_months", "INSERT INTO award"])
async def test_a_posting_is_taken_back_though_one_who_solved_it_goes(
    store: SqlStore, scene: Scene, url: str, statement: str
) -> None:
    async with store.begin() as work:
        await work.communities.set_keeper(scene.community, scene.ada.id)
    back, gone = await race(
        store,
        lambda work: work.competition.void(scene.posting, NOON),
        lambda work: work.privacy.forget(scene.ada),
        after=statement,
    )
    assert gone is None
    assert Correction(scene.bob.id, -10, -1) in back
    assert await kept(url) == await rebuilt(url)


@pytest.mark.usefixtures("points")
async def test_corrections_of_who_is_gone_are_left_out(store: SqlStore, scene: Scene, url: str) -> None:
    corrections = [Correction(person.id, 5, 0) for person in (scene.bob, scene.ada)]
    there, gone = await race(
        store,
        lambda work: _corrected_late(work, scene, corrections),
        lambda work: work.privacy.forget(scene.ada),
        after="FROM hint_use",
    )
    assert gone is None
    assert there == (corrections[0],)
    assert await kept(url) == await rebuilt(url)


async def _corrected_late(work: UnitOfWork, scene: Scene, corrections: list[Correction]) -> tuple[Correction, ...]:
    await work.competition.ledger(scene.posting)
    return await work.competition.correct(scene.posting, "rejudge:1", corrections, NOON)


async def test_of_two_first_verdicts_on_a_topic_both_are_remembered(store: SqlStore, scene: Scene) -> None:
    question, later = scene.version.question, NOON + DAY
    outcomes = await race(
        store,
        lambda work: remember(work, scene.ada, question, Recall.GOOD, NOON),
        lambda work: remember(work, scene.ada, question, Recall.HARD, later),
        after="FROM memory",
    )
    assert outcomes == (None, None)
    async with store.read() as work:
        found = {memory.topic: memory for memory in await work.learning.memories(scene.ada)}
    (topic, *_) = question.topics
    orders = [((Recall.GOOD, NOON), (Recall.HARD, later)), ((Recall.HARD, later), (Recall.GOOD, NOON))]
    assert found[topic] in [reviewed(topic, reviewed(topic, None, *one), *two) for one, two in orders]


async def _last_verdict(work: UnitOfWork, scene: Scene, number: int) -> None:
    answer = await work.submissions.get(number)
    assert answer is not None
    await work.submissions.judged(answer, ACCEPTED, scene.version)
    await settle(work, scene.community, scene.posting, NOON + DAY)


@pytest.mark.parametrize("is_shown", [False, True])
async def test_of_the_last_two_verdicts_at_the_same_moment_one_has_the_explanation_shown(
    store: SqlStore, scene: Scene, *, is_shown: bool
) -> None:
    name, later = f"closing:{scene.posting.id}", NOON + DAY + timedelta(minutes=10)
    async with store.begin() as work:
        for number in (1, 2):
            await work.submissions.add(scene.posting, scene.ada, str(number), "x", NOON)
        await work.postings.claim(scene.schedule, MONDAY + DAY, scene.version, NOON + DAY)
        if is_shown:
            await work.messages.shown(name, "terminal", "there", NOON)
        else:
            await work.outbox.put(name, "terminal", None, later)
    outcomes = await race(
        store,
        lambda work: _last_verdict(work, scene, 1),
        lambda work: _last_verdict(work, scene, 2),
        after="count(*)",
    )
    assert outcomes == (None, None)
    async with store.begin() as work:
        assert len(await work.outbox.claim("terminal", NOON + DAY, later, 9)) == 1


async def test_an_old_answer_that_just_gets_another_verdict_keeps_that(store: SqlStore, scene: Scene) -> None:
    async with store.begin() as work:
        answer = await work.submissions.add(scene.posting, scene.ada, "e", "x", NOON)
        await work.submissions.judged(answer, WRONG, scene.version)
    _, emptied = await race(
        store,
        lambda work: work.submissions.rejudged([(answer, ACCEPTED)]),
        lambda work: work.privacy.empty_old_texts(NOON + DAY, 0, 9),
        after="UPDATE submission",
    )
    assert emptied == (answer.id, False), "the next time will do"
    async with store.begin() as work:
        found = await work.submissions.get(answer.id)
        assert found is not None
        assert (found.text, found.verdict) == ("x", ACCEPTED)
        assert await work.privacy.empty_old_texts(NOON + DAY, 0, 9) == (answer.id, True)
        assert await work.privacy.empty_old_texts(NOON + DAY, 0, 9) == (answer.id, True), "it is empty already"


async def test_of_two_who_purge_a_community_both_end_and_one_says_so(store: SqlStore, scene: Scene, url: str) -> None:
    async with store.begin() as work:
        await work.tenancy.leave("terminal", "here", NOON)
    first = await race(
        store,
        lambda work: work.tenancy.purge(scene.community, 9),
        lambda work: work.tenancy.purge(scene.community, 9),
        after="FROM learner",
    )
    assert first == (False, True)
    async with store.begin() as work:
        assert await work.tenancy.purge(scene.community, 9) is None
    assert await rows(url, "SELECT * FROM community") == []


async def test_a_community_that_is_back_loses_nobody_more(store: SqlStore, scene: Scene, url: str) -> None:
    async with store.begin() as work:
        await work.tenancy.leave("terminal", "here", NOON)
    outcomes = await race(
        store,
        lambda work: work.tenancy.join("terminal", "here"),
        lambda work: work.tenancy.purge(scene.community, 9),
        after="UPDATE community",
    )
    assert outcomes == (None, None)
    assert len(await rows(url, "SELECT * FROM learner")) == 2


async def test_an_admin_is_told_though_the_one_who_was_told_goes(store: SqlStore, scene: Scene, url: str) -> None:
    async with store.begin() as work:
        await work.communities.set_keeper(scene.community, scene.ada.id)
        community = await work.communities.community_of(scene.community.id)
    outcomes = await race(
        store,
        lambda work: work.privacy.forget(scene.ada),
        lambda work: tell_admin(work, community, NoticeKind.UNSOLVED, "1", "Nobody.", NOON),
        after="FROM learner",
    )
    assert outcomes == (None, None)
    assert await rows(url, "SELECT slot, learner_id, kept FROM outbox") == [("notice:1", None, True)]
    async with store.begin() as work:
        await tell_admin(work, community, NoticeKind.UNSOLVED, "2", "Nobody.", NOON)
    assert len(await rows(url, "SELECT * FROM notice")) == 2


async def test_what_an_admin_has_just_planned_is_not_undone_by_who_pauses(store: SqlStore, scene: Scene) -> None:
    async def plan(work: UnitOfWork) -> None:
        held = await work.schedules.hold(scene.schedule.id)
        assert held is not None
        await work.schedules.plan(replace(held, zone="Asia/Kolkata", post_at=600, next_at=NOON))

    async def pause(work: UnitOfWork) -> None:
        held = await work.schedules.hold(scene.schedule.id)
        assert held is not None
        await work.schedules.plan(replace(held, paused=True, mix="rising"))

    for other in (pause, lambda work: work.schedules.pause(scene.schedule.id)):
        assert await race(store, plan, other, after="FROM schedule") == (None, None)
        async with store.read() as work:
            found = await work.schedules.get(scene.schedule.id)
        assert found is not None
        assert (found.zone, found.post_at, found.paused) == ("Asia/Kolkata", 600, True)
    assert found.next_at is None


async def test_of_two_who_wait_for_each_other_both_get_what_they_want(store: SqlStore, scene: Scene, url: str) -> None:
    async with store.begin() as work:
        other = await work.communities.schedule(scene.community, "other", "UTC")
    numbers, met = (scene.schedule.id, other.id), asyncio.Barrier(2)
    tries = []

    async def crosswise(name: str, first: int, second: int) -> None:
        async def act(work: UnitOfWork) -> None:
            tries.append(name)
            await work.schedules.hold(first)
            if tries.count(name) == 1:
                await met.wait()
            await work.schedules.hold(second)
            await work.communities.learner(scene.community, name, name)

        await in_one_go(store, act)

    await asyncio.gather(crosswise("a", *numbers), crosswise("b", *reversed(numbers)))
    assert len(tries) == 3
    assert len(await rows(url, "SELECT * FROM learner WHERE name IN ('a', 'b')")) == 2
