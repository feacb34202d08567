import pytest

from bot.core.records import Window
from bot.store import SqlStore
from tests.store.scene import CODE, DAY, MONDAY, NOON, Scene, earn


async def test_a_community_and_its_people_are_created_once(store: SqlStore, scene: Scene) -> None:
    async with store.begin() as unit:
        assert await unit.communities.community("terminal", "here", "This terminal") == scene.community
        assert await unit.communities.learner(scene.community, "ada", "Ada") == scene.ada
        assert await unit.communities.schedule(scene.community, "general", "UTC") == scene.schedule


async def test_a_new_name_replaces_the_old_one(store: SqlStore, scene: Scene) -> None:
    async with store.begin() as unit:
        renamed = await unit.communities.learner(scene.community, "ada", "Ada L.")
        moved = await unit.communities.community("terminal", "here", "Elsewhere")
    async with store.begin() as unit:
        assert (renamed.id, renamed.name) == (scene.ada.id, "Ada L.")
        assert await unit.communities.learner(scene.community, "ada", "Ada L.") == renamed
        assert (moved.id, moved.name) == (scene.community.id, "Elsewhere")


async def test_the_same_id_elsewhere_is_someone_else(store: SqlStore, scene: Scene) -> None:
    async with store.begin() as unit:
        other = await unit.communities.community("discord", "here", "Server")
        stranger = await unit.communities.learner(other, "ada", "Ada")
    assert other.id != scene.community.id
    assert (stranger.id != scene.ada.id, stranger.community_id) == (True, other.id)


async def test_a_name_no_database_can_hold_is_kept_as_far_as_it_can_be(store: SqlStore, scene: Scene) -> None:
    async with store.begin() as unit:
        first = await unit.communities.learner(scene.community, "x\0", "\ud83e\udd16 a\0b\udcff'); --")
    async with store.begin() as unit:
        again = await unit.communities.learner(scene.community, "x\0", "\ud83e\udd16 a\0b\udcff'); --")
    assert first == again
    assert first.name == "🤖 a\ufffdb\ufffd'); --"


NAMES = [
    "Robert'); DROP TABLE learner; --",
    'x" OR "1"="1',
    "👩‍👩‍👧‍👦🏳️‍🌈é",
    "\u202egnal\u202c ﷽",
    "%_\\:name ${x} {0}",
    "a" * 100,
    "ß🧮" * 50,
]


@pytest.mark.parametrize("name", NAMES)
async def test_whatever_somebody_is_called_they_are_found_named_and_placed(
    store: SqlStore, scene: Scene, name: str
) -> None:
    async with store.begin() as unit:
        person = await unit.communities.learner(scene.community, name, name)
        await unit.submissions.add(scene.posting, person, name, name, NOON)
        await earn(unit, scene.posting, person, "solve", 10)
    async with store.begin() as unit:
        assert await unit.communities.learner(scene.community, name, name) == person
        (placed,) = await unit.competition.board(scene.community, Window.ALL, "all", 10)
        assert (placed.learner.name, placed.learner.external_id) == (name, name)
        (waiting,) = await unit.submissions.unjudged()
        assert (waiting.event_id, waiting.text) == (name, name)
        await unit.privacy.forget(person)
        assert await unit.competition.board(scene.community, Window.ALL, "all", 10) == ()


async def test_whoever_is_known_is_found_by_their_id(store: SqlStore, scene: Scene) -> None:
    async with store.begin() as unit:
        elsewhere = await unit.communities.schedule(scene.community, "other", "UTC")
        there, _ = await unit.postings.claim(elsewhere, MONDAY, scene.version, NOON)
        assert await unit.communities.community_of(scene.community.id) == scene.community
        assert await unit.communities.learner_with(scene.bob.id) == scene.bob
        assert scene.posting.schedule == scene.schedule
        assert there.schedule == elsewhere


async def test_the_schedule_near_a_channel_is_its_own_if_it_posted_else_the_last_to_post_else_the_oldest(
    store: SqlStore,
) -> None:
    async with store.begin() as unit:
        version = await unit.questions.add_version(CODE, "d1", 1)
        assert version is not None
        community = await unit.communities.community("discord", "here", "Server")
        other = await unit.communities.community("discord", "there", "Server")
        there = await unit.communities.schedule(other, "lobby", "UTC")
        await unit.postings.claim(there, MONDAY + 9 * DAY, version, NOON + 9 * DAY)
        practice = await unit.communities.schedule(community, "practice", "UTC", practice=True)
        await unit.postings.claim(practice, MONDAY + 9 * DAY, version, NOON + 9 * DAY)
        assert await unit.communities.schedule_near(community, "lobby") is None
        one, two, three = [await unit.communities.schedule(community, name, "UTC") for name in ("1", "2", "3")]
        assert await unit.communities.schedule_near(community, "lobby") == one
        assert await unit.communities.schedule_near(community, "practice") == one
        for schedule, day in [(two, 3), (three, 1), (three, 2)]:
            await unit.postings.claim(schedule, MONDAY + day * DAY, version, NOON + day * DAY)
        assert await unit.communities.schedule_near(community, "lobby") == two
        assert await unit.communities.schedule_near(community, "1") == two, "it never posted"
        assert await unit.communities.schedule_near(community, "3") == three
        assert await unit.communities.schedule_near(other, "2") == there
