from bot.store import SqlStore
from tests.store.scene import Scene


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
