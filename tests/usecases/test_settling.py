import re

import pytest

from bot.core.commands import VERBS
from tests.usecases.test_uploading import SOUND
from tests.usecases.town import DAY, DOUBLE, RIGHT, Town


@pytest.fixture(autouse=True)
async def asked(town: Town) -> None:
    await town.asks(DOUBLE)


async def done(town: Town) -> list[tuple[str, str]]:
    async with town.store.read() as work:
        community = await work.communities.community("terminal", "here", "This terminal")
        entries = await work.administration.entries(community, 50)
    return [(entry.action, entry.detail) for entry in reversed(entries)]


async def test_whatever_an_admin_does_is_shown_with_who_and_when(town: Town) -> None:
    await town.say("gradadmin post-now")
    town.now += DAY
    await town.say("gradadmin settings season 6", "Grace")
    told = (await town.say("gradadmin audit")).last
    assert re.search(r"2026-03-10 13:00 +Grace +settings +season 6", told)
    assert re.search(r"2026-03-09 13:00 +Ada +post-now +double for 2026-03-09 in general", told)
    assert told.index("season 6") < told.index("post-now"), "the newest comes first"


async def test_what_was_done_already_is_not_done_again(town: Town) -> None:
    for _ in range(2):
        await town.say("gradadmin post-now")
        await town.service.deliver_due(town)
        await town.say("gradadmin settings season 6")
        await town.say("gradadmin settings keeper me")
    assert await done(town) == [
        ("post-now", "double for 2026-03-09 in general"),
        ("settings", "season 6"),
        ("settings", "keeper me"),
    ]


async def test_uploading_publishing_and_discarding_record_themselves_once(town: Town) -> None:
    for event in ("one", "two", "two"):
        await town.say(f"gradadmin question upload {SOUND}", event=event)
        town.now += DAY / 24
    await town.settles()
    for _ in range(2):
        await town.say("gradadmin question publish 1")
        await town.say("gradadmin question discard 2")
    assert await done(town) == [
        ("question upload", "upload 1"),
        ("question upload", "upload 2"),
        ("question publish", "my-mean, upload 1"),
        ("question discard", "upload 2"),
    ]


async def test_before_anything_was_done_there_is_nothing(town: Town) -> None:
    assert "Nothing yet" in (await town.say("gradadmin audit")).last


async def test_whoever_had_themselves_deleted_has_no_name_there(town: Town) -> None:
    await town.say("gradadmin post-now", "Grace")
    await town.say("privacy delete yes", "Grace")
    told = (await town.say("gradadmin audit")).last
    assert "Grace" not in told
    assert re.search(r"\(deleted\) +post-now", told)


async def test_settings_are_shown_and_a_season_gets_another_length(town: Town) -> None:
    await town.say(f"answer {RIGHT}")
    shown = (await town.say("gradadmin settings")).last
    assert re.search(r"season +3 months", shown)
    assert re.search(r"told what admins must know +nobody", shown)
    assert "365 days" in shown
    assert re.search(r"season +12 months", (await town.say("gradadmin settings season 12")).last)
    assert "Ada" in (await town.say("leaderboard season")).last, "points move to the season they now belong to"


@pytest.mark.parametrize(
    "said", ["season 5", "season", "season -1", "season 3 4", "season ३", "weather fine", "keeper Bob"]
)
async def test_what_cannot_be_set_changes_nothing_and_says_what_can(town: Town, said: str) -> None:
    told = (await town.say(f"gradadmin settings {said}")).last
    assert "Nothing was changed" in told
    assert re.search(r"season +3 months", told)
    assert await done(town) == []


async def test_the_keeper_is_who_says_so(town: Town) -> None:
    assert re.search(r"must know +Grace", (await town.say("gradadmin settings keeper me", "Grace")).last)
    assert re.search(r"must know +Ada", (await town.say("GRADADMIN settings  Keeper ME")).last)
    assert re.search(r"must know +nobody", (await town.say("gradadmin settings keeper nobody")).last)


@pytest.mark.parametrize("verb", ["audit", "settings"])
async def test_both_are_for_admins(town: Town, verb: str) -> None:
    assert VERBS[verb].admin
    assert "Only an admin" in (await town.say(f"gradadmin {verb}", is_admin=False)).last
