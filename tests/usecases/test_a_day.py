"""The main job as a person lives it."""

from dataclasses import replace
from datetime import UTC, datetime

from tests.usecases.town import DAY, DOUBLE, RIGHT, SQUARE, Town


async def test_a_day_from_two_wrong_answers_to_the_board(town: Town) -> None:
    await town.asks(DOUBLE, SQUARE)
    assert "The gradient of a sum of squares" in (await town.say("today")).text

    first = await town.say("answer [2, 3]")
    assert "Wrong answer" in first.last
    assert "That is x itself" in first.last
    assert "1 of the 3 that earn points" in first.last
    assert "can still earn 6 points" in first.last

    second = await town.say("answer tensor([8., 12.])")
    assert "That is 4x" in second.last
    assert "can still earn 3 points" in second.last

    third = await town.say("answer [4, 6]")
    assert "Accepted" in third.last
    assert "+3 (30% of 10 on the third attempt)" in third.last
    assert "1 in a row" in third.last

    assert "▸  1  Ada      3       1" in (await town.say("leaderboard")).text
    assert "[4., 6.]" in (await town.say("solution")).text
    assert "place 1 with 3 points" in (await town.say("me")).text


async def test_the_next_day_asks_another_question_and_the_streak_goes_on(town: Town) -> None:
    await town.asks(DOUBLE, SQUARE)
    await town.say("answer [4, 6]")
    town.now += DAY
    assert "Twice the number" in (await town.say("today")).text
    verdict = await town.say(f"answer {RIGHT}")
    assert "+30 (20 for the solution; 10 for the first try)" in verdict.last
    assert "2 in a row" in verdict.last
    board = (await town.say("leaderboard")).text
    assert "▸  1  Ada      40      2" in board
    assert "▸  1  Ada      30      1" in (await town.say("leaderboard day")).text


async def test_where_the_zone_moved_west_the_question_that_is_open_stays_the_one_of_the_day(town: Town) -> None:
    await town.asks(DOUBLE, SQUARE)
    town.now = datetime(2026, 3, 9, 23, 30, tzinfo=UTC)  # 00:30 of the 10th in Berlin
    opened = (await town.say("today")).posting
    async with town.store.begin() as work:
        schedule = await work.schedules.get(1)
        assert schedule is not None
        await work.schedules.plan(replace(schedule, zone="America/New_York"))
    assert (await town.say("today")).posting == opened
    town.now += DAY
    assert (await town.say("today")).posting == opened
    town.now += DAY
    assert (await town.say("today")).posting != opened
