"""The boards everybody sees."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.usecases.visiting import arrive
from tests.usecases.test_correcting import Channel
from tests.usecases.town import DAY, DOUBLE, RIGHT, SQUARE, WRONG, Town, read

BOARD = "board:1"


async def settles(town: Town, value: str) -> str:
    return (await town.say(f"gradadmin settings board {value}")).text


async def on_the_board(town: Town, channel: Channel) -> list[str]:
    """What the channel's board says after what is due was shown."""
    before = len(channel.shown)
    await town.service.deliver_due(channel)
    return [read(show) for show in channel.shown[before:] if show.slot == BOARD]


async def test_a_board_in_a_channel_follows_the_places_once_a_minute(town: Town) -> None:
    await town.asks(DOUBLE)
    await town.say("today")
    channel = Channel()
    assert "kept up to date" in await settles(town, "on")
    (first,) = await on_the_board(town, channel)
    assert "Nobody has earned points this season yet" in first
    for who in ("Ada", "Bob", "Cy"):
        await town.say(f"answer {RIGHT}", who)
    assert await on_the_board(town, channel) == []
    town.now += timedelta(minutes=1)
    (second,) = await on_the_board(town, channel)
    for row in ("1 Ada 30 1", "1 Bob 30 1", "1 Cy 30 1"):
        assert row in " ".join(second.replace("  ", " ").split())
    town.now += timedelta(minutes=1)
    assert await on_the_board(town, channel) == []


async def test_a_wrong_answer_or_practice_leaves_the_board_alone(town: Town) -> None:
    await town.asks(DOUBLE, SQUARE)
    await town.say("today")
    channel = Channel()
    await settles(town, "on")
    await on_the_board(town, channel)
    await town.say(f"answer {WRONG}")
    practised = (await town.say("practice double")).posting
    await town.say(f"answer {RIGHT}", about=practised)
    town.now += timedelta(minutes=2)
    assert await on_the_board(town, channel) == []


async def test_a_question_taken_back_moves_the_board(town: Town) -> None:
    await town.asks(DOUBLE)
    await town.say(f"answer {RIGHT}")
    channel = Channel()
    await settles(town, "on")
    (before,) = await on_the_board(town, channel)
    town.now += timedelta(minutes=2)
    await town.say("gradadmin schedule void yes")
    (after,) = await on_the_board(town, channel)
    assert "Ada" in before
    assert "Ada" not in after


async def test_turned_off_it_says_so_and_stays_as_it_is(town: Town) -> None:
    await town.asks(DOUBLE)
    await town.say("today")
    channel = Channel()
    await settles(town, "on")
    await on_the_board(town, channel)
    await settles(town, "off")
    (last,) = await on_the_board(town, channel)
    assert "not kept up to date any more" in last
    await town.say(f"answer {RIGHT}")
    town.now += timedelta(minutes=2)
    assert await on_the_board(town, channel) == []


async def test_another_value_is_refused(town: Town) -> None:
    assert "on or off" in await settles(town, "sideways")


async def test_who_is_hidden_is_on_no_board_and_sees_where_they_would_be(town: Town) -> None:
    await town.asks(DOUBLE)
    for who in ("Ada", "Bob"):
        await town.say(f"answer {RIGHT}", who)
    await town.say(f"answer {WRONG}", "Cy")
    await town.say(f"answer {RIGHT}", "Cy")
    async with town.store.begin() as work:
        ada = (await arrive(work, town.caller("Ada"), town.now)).learner
        await work.competition.hide(ada, hidden=True)
    assert "Ada" not in (await town.say("leaderboard", "Bob")).text
    mine = (await town.say("leaderboard")).text
    assert "Ada" in mine
    assert "You are hidden: nobody else sees your row" in mine
    assert "2  Cy" in (await town.say("leaderboard", "Cy")).text


@pytest.fixture
async def season(town: Town) -> Town:
    """The last days of 2025, as seen in January: DOUBLE was solved by nobody, SQUARE by two."""
    town.now = datetime(2025, 12, 29, 12, tzinfo=UTC)
    await town.asks(SQUARE, DOUBLE)
    for day in range(2):
        for who in ("Ada", "Bob", "Cy")[day:]:
            await town.say("today", who)
            await town.say("answer [4, 6]", who)
            await town.say(f"answer {WRONG}", who)
        town.now += DAY
    town.now = datetime(2026, 1, 1, 12, tzinfo=UTC)
    return town


def recaps(channel: Channel) -> list[str]:
    return [read(show) for show in channel.shown if show.slot.startswith("recap:")]


async def test_the_first_question_of_a_season_tells_how_the_last_one_went(season: Town) -> None:
    channel = Channel()
    await season.service.deliver_due(channel)
    assert recaps(channel) == []
    await season.say("today")
    await season.service.deliver_due(channel)
    (said,) = recaps(channel)
    assert "Season 2025-S4 is over" in said
    assert "2 questions in a row: Bob, Cy" in said
    assert "Twice the number: solved by 0 of 2" in said
    assert "3 learners" in said
    assert said.count(" 10 ") == 3


async def test_it_is_told_once(season: Town) -> None:
    channel = Channel()
    for _ in range(3):
        await season.say("today")
        await season.service.deliver_due(channel)
        season.now += DAY
    assert len(recaps(channel)) == 1


async def test_the_first_season_of_all_has_none_before_it(town: Town) -> None:
    await town.asks(DOUBLE)
    await town.say("today")
    channel = Channel()
    await town.service.deliver_due(channel)
    assert recaps(channel) == []


async def test_it_waits_for_answers_that_have_no_verdict_yet_ten_minutes_at_most(season: Town) -> None:
    season.judge.available = False
    season.now = datetime(2025, 12, 31, 12, tzinfo=UTC)
    await season.say("today")
    practised = (await season.say("practice double")).posting
    await season.say(f"answer {RIGHT}", about=practised)
    season.now = datetime(2026, 1, 1, 12, tzinfo=UTC)
    channel = Channel()
    await season.say("today")
    await season.service.deliver_due(channel)
    assert recaps(channel) == []
    season.now += timedelta(minutes=10)
    await season.service.deliver_due(channel)
    assert len(recaps(channel)) == 1


async def test_after_new_year_the_boards_are_those_of_the_question_that_is_still_open(season: Town) -> None:
    season.now = datetime(2026, 1, 5, 12, tzinfo=UTC)
    assert "of the day (2025-12-30)" in (await season.say("leaderboard day")).text
    for window, key in (("season", "2025-S4"), ("week", "2026-W01")):
        said = (await season.say(f"leaderboard {window}")).text
        assert f"of the {window} ({key})" in said
        assert "Bob" in said
    channel = Channel()
    await settles(season, "on")
    (shown,) = await on_the_board(season, channel)
    assert "2025-S4" in shown
    assert "Bob" in shown
    assert "place 1 with 10 points" in (await season.say("me")).text
    await season.say("today")
    season.now += timedelta(minutes=1)
    (shown,) = await on_the_board(season, channel)
    assert "2026-S1" in shown
