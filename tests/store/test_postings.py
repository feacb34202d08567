from datetime import timedelta, timezone

from bot.core.records import AnsweredPosting, PostingState
from bot.store import SqlStore
from tests.store.scene import CODE, DAY, MONDAY, NOON, VALUE, Scene, change


async def test_a_date_is_claimed_once(store: SqlStore, scene: Scene) -> None:
    async with store.begin() as unit:
        other = await unit.questions.add_version(VALUE, "v", 1)
        assert other is not None
        assert await unit.postings.claim(scene.schedule, MONDAY, other, NOON + DAY) == (scene.posting, False)
        assert await unit.postings.open_for(scene.schedule, MONDAY) == scene.posting
        assert await unit.postings.get(scene.posting.id) == scene.posting
    assert (scene.posting.version, scene.posting.community_id) == (scene.version, scene.community.id)
    assert scene.posting.state is PostingState.POSTED


async def test_there_is_no_posting_before_it_is_claimed(store: SqlStore, scene: Scene) -> None:
    async with store.begin() as unit:
        elsewhere = await unit.communities.schedule(scene.community, "other", "UTC")
        assert await unit.postings.open_for(scene.schedule, MONDAY + DAY) is None
        assert await unit.postings.open_for(elsewhere, MONDAY) is None
        assert await unit.postings.get(999) is None


async def test_the_next_posting_closes_the_one_before_and_no_other_schedules(store: SqlStore, scene: Scene) -> None:
    async with store.begin() as unit:
        elsewhere = await unit.communities.schedule(scene.community, "other", "UTC")
        there, _ = await unit.postings.claim(elsewhere, MONDAY, scene.version, NOON)
        await unit.postings.claim(scene.schedule, MONDAY + DAY, scene.version, NOON + DAY)
    async with store.begin() as unit:
        before = await unit.postings.get(scene.posting.id)
        assert before is not None
        assert before.state is PostingState.CLOSED
        assert await unit.postings.get(there.id) == there


async def test_the_latest_posting_open_for_answers_is_found(store: SqlStore, scene: Scene, url: str) -> None:
    async with store.begin() as unit:
        elsewhere = await unit.communities.schedule(scene.community, "other", "UTC")
        assert await unit.postings.latest_open(elsewhere) is None
        assert await unit.postings.latest_open(scene.schedule) == scene.posting
        tuesday, _ = await unit.postings.claim(scene.schedule, MONDAY + DAY, scene.version, NOON + DAY)
        # A date claimed late closes only those before it.
        sunday, _ = await unit.postings.claim(scene.schedule, MONDAY - DAY, scene.version, NOON + 2 * DAY)
        assert sunday.state is PostingState.POSTED
        assert await unit.postings.latest_open(scene.schedule) == tuesday
    await change(url, f"UPDATE posting SET state = 'void' WHERE id = {tuesday.id} RETURNING id")
    async with store.begin() as unit:
        assert await unit.postings.latest_open(scene.schedule) == sunday


async def test_times_come_back_in_utc_to_the_microsecond(store: SqlStore, scene: Scene) -> None:
    tokyo = (NOON + DAY).astimezone(timezone(timedelta(hours=9)))
    async with store.begin() as unit:
        await unit.postings.claim(scene.schedule, MONDAY + DAY, scene.version, tokyo)
    async with store.begin() as unit:
        posting = await unit.postings.open_for(scene.schedule, MONDAY + DAY)
        assert posting is not None
        assert posting.opened_at == NOON + DAY
        assert posting.opened_at.utcoffset() == timedelta(0)


async def test_what_was_asked_is_told_in_date_order(store: SqlStore, scene: Scene) -> None:
    async with store.begin() as unit:
        value = await unit.questions.add_version(VALUE, "v", 1)
        assert value is not None
        await unit.postings.claim(scene.schedule, MONDAY + 2 * DAY, scene.version, NOON + 2 * DAY)
        await unit.postings.claim(scene.schedule, MONDAY + DAY, value, NOON + 2 * DAY)
        assert await unit.postings.asked(scene.schedule) == (CODE.id, VALUE.id, CODE.id)


async def test_an_answer_counts_when_it_came_before_the_posting_closed(store: SqlStore, scene: Scene) -> None:
    async with store.begin() as unit:
        await unit.submissions.add(scene.posting, scene.ada, "in time", "", NOON + DAY - timedelta(microseconds=1))
        await unit.submissions.add(scene.posting, scene.bob, "late", "", NOON + DAY)
        tuesday, _ = await unit.postings.claim(scene.schedule, MONDAY + DAY, scene.version, NOON + DAY)
        assert await unit.submissions.add(scene.posting, scene.bob, "too late", "", NOON) is None
        await unit.submissions.add(tuesday, scene.bob, "open", "", NOON + 3 * DAY)
        ada = await unit.postings.answered(scene.schedule, scene.ada)
        bob = await unit.postings.answered(scene.schedule, scene.bob)
    assert ada == (AnsweredPosting(MONDAY, True), AnsweredPosting(MONDAY + DAY, False))
    assert bob == (AnsweredPosting(MONDAY, False), AnsweredPosting(MONDAY + DAY, True))
