from bot.core.administration import NoticeKind
from bot.store import SqlStore
from tests.store.scene import NOON, Scene


async def test_a_notice_about_the_same_is_added_once(store: SqlStore, scene: Scene) -> None:
    async with store.begin() as unit:
        first = await unit.administration.notify(scene.community, NoticeKind.UNSOLVED, "7", "Nobody.", NOON)
        again = await unit.administration.notify(scene.community, NoticeKind.UNSOLVED, "7", "Still nobody.", NOON)
        other = await unit.administration.notify(scene.community, NoticeKind.REPORT, "7", "Odd.", NOON)
        assert first is not None
        assert other is not None
        assert again is None
        assert await unit.administration.notice(first.id) == first
        assert (first.text, first.kind, other.id != first.id) == ("Nobody.", NoticeKind.UNSOLVED, True)


async def test_what_admins_did_is_listed_newest_first_with_who_did_it(store: SqlStore, scene: Scene) -> None:
    async with store.begin() as unit:
        for number, who in enumerate((scene.ada, scene.bob, scene.ada), 1):
            assert await unit.administration.record(who, "post-now", f"posting {number}", NOON) == number
    async with store.read() as unit:
        latest = await unit.administration.entries(scene.community, 2)
    assert [(entry.learner, entry.action, entry.detail, entry.at) for entry in latest] == [
        (scene.ada, "post-now", "posting 3", NOON),
        (scene.bob, "post-now", "posting 2", NOON),
    ]
