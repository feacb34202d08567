import asyncio
from dataclasses import replace
from datetime import timedelta

from bot.core.records import Finding, Findings, Upload, UploadState
from bot.store import SqlStore
from tests.store.scene import NOON, Scene, change

SECOND = timedelta(seconds=1)
FINDINGS = Findings(
    "mean-gradient",
    "The gradient of a mean 🧮",
    (Finding("reads", True, ""), Finding("kill", False, "Accepts `x\0`.", "Name it."), Finding("noise", None, "-")),
)


async def sent(store: SqlStore, scene: Scene, event_id: str = "e1", text: str = "# é\n") -> Upload:
    async with store.begin() as unit:
        return await unit.uploads.add(scene.ada, event_id, text, NOON)


async def test_an_upload_comes_back_as_it_was_and_has_yet_to_be_checked(store: SqlStore, scene: Scene) -> None:
    upload = await sent(store, scene)
    expected = Upload(
        upload.id, scene.community.id, scene.ada.id, "e1", "# é\n", NOON, UploadState.CHECKING, findings=None
    )
    async with store.begin() as unit:
        assert await unit.uploads.get(upload.id) == upload == expected
        assert await unit.uploads.get(999) is None


async def test_the_same_event_is_stored_once_even_by_many_at_once(store: SqlStore, scene: Scene) -> None:
    uploads = await asyncio.gather(*(sent(store, scene, text=str(number)) for number in range(10)))
    async with store.begin() as unit:
        assert {*uploads} == {*await unit.uploads.unchecked()} == {uploads[0]}


async def test_the_same_event_again_returns_what_has_become_of_the_upload(store: SqlStore, scene: Scene) -> None:
    upload = await sent(store, scene)
    async with store.begin() as unit:
        await unit.uploads.move(upload, UploadState.REFUSED, FINDINGS)
    assert await sent(store, scene, text="other") == replace(upload, state=UploadState.REFUSED, findings=FINDINGS)


async def test_the_same_event_id_on_another_platform_is_another_upload(store: SqlStore, scene: Scene) -> None:
    async with store.begin() as unit:
        community = await unit.communities.community("discord", "here", "Server")
        stranger = await unit.communities.learner(community, "ada", "Ada")
        other = await unit.uploads.add(stranger, "e1", "", NOON)
    assert (await sent(store, scene)).id != other.id
    assert other.community_id == community.id


async def test_findings_come_back_line_by_line_and_stay_where_none_are_given(store: SqlStore, scene: Scene) -> None:
    upload = await sent(store, scene)
    proven = replace(upload, state=UploadState.PROVEN, findings=FINDINGS)
    async with store.begin() as unit:
        assert await unit.uploads.move(upload, UploadState.PROVEN, FINDINGS)
        assert await unit.uploads.get(upload.id) == proven
        assert await unit.uploads.move(proven, UploadState.PUBLISHED)
        assert await unit.uploads.get(upload.id) == replace(proven, state=UploadState.PUBLISHED)


async def test_what_somebody_else_has_moved_since_it_was_read_stays_as_it_is(store: SqlStore, scene: Scene) -> None:
    upload = await sent(store, scene)
    other = await sent(store, scene, "e2")
    async with store.begin() as unit:
        await unit.uploads.move(upload, UploadState.PROVEN, FINDINGS)
        assert not await unit.uploads.move(upload, UploadState.REFUSED, replace(FINDINGS, title="Late"))
        assert await unit.uploads.get(upload.id) == replace(upload, state=UploadState.PROVEN, findings=FINDINGS)
        assert await unit.uploads.get(other.id) == other


async def test_of_many_who_press_at_once_one_moves_it(store: SqlStore, scene: Scene) -> None:
    upload = await sent(store, scene)

    async def press(number: int) -> bool:
        async with store.begin() as unit:
            return await unit.uploads.move(upload, (UploadState.PUBLISHED, UploadState.DISCARDED)[number % 2])

    assert sum(await asyncio.gather(*map(press, range(10)))) == 1


async def test_what_is_to_be_checked_comes_oldest_first_until_its_check_has_ended(
    store: SqlStore, scene: Scene
) -> None:
    async with store.begin() as unit:
        late = await unit.uploads.add(scene.ada, "late", "", NOON + SECOND)
        first, second = [await unit.uploads.add(scene.bob, name, "", NOON) for name in ("first", "second")]
        assert await unit.uploads.unchecked() == (first, second, late)
        await unit.uploads.move(first, UploadState.REFUSED)
        assert await unit.uploads.unchecked() == (second, late)


async def test_an_id_is_never_given_again(store: SqlStore, scene: Scene, url: str) -> None:
    upload = await sent(store, scene)
    await change(url, "DELETE FROM upload RETURNING id")
    assert (await sent(store, scene, "e2")).id > upload.id
