from datetime import timedelta

import pytest

from bot.core.commands import LEARNER_VERBS
from bot.core.presenting.helping import DETAILS
from tests.usecases.town import DAY, DOUBLE, RIGHT, SQUARE, WRONG, Town


def lines(text: str) -> list[str]:
    """Rows of the board, without the blanks between cells."""
    return [" ".join(line.split()) for line in text.splitlines() if " 1" in line]


async def test_equal_points_share_a_place(town: Town) -> None:
    await town.asks(DOUBLE)
    for who in ("Ada", "Bob"):
        await town.say(f"answer {RIGHT}", who)
    await town.say(f"answer {WRONG}", "Cy")
    await town.say(f"answer {RIGHT}", "Cy")
    assert lines((await town.say("leaderboard", "Bob")).text) == ["1 Ada 30 1", "▸ 1 Bob 30 1", "3 Cy 20 1"]


async def test_ones_own_place_is_shown_below_the_first_ten(town: Town) -> None:
    await town.asks(DOUBLE)
    for number in range(11):
        await town.say(f"answer {RIGHT}", f"Learner {number:02}")
    await town.say(f"answer {WRONG}")
    await town.say(f"answer {RIGHT}")
    rows = lines((await town.say("leaderboard")).text)
    assert len(rows) == 11
    assert rows[-1] == "▸ 12 Ada 20 1"


async def test_an_empty_board_says_so_and_a_wrong_window_names_the_right_ones(town: Town) -> None:
    await town.asks(DOUBLE)
    assert "Nobody has earned points here yet" in (await town.say("leaderboard")).last
    assert "day, week, month, season, all" in (await town.say("leaderboard fortnight")).last
    assert "fortnight" in (await town.say("leaderboard fortnight")).last


async def test_who_has_no_points_yet_is_told_how_to_get_on_the_board(town: Town) -> None:
    await town.asks(DOUBLE)
    await town.say(f"answer {RIGHT}", "Bob")
    assert "You are not on it yet" in (await town.say("leaderboard")).last


@pytest.mark.parametrize("window", ["day", "WEEK", " month ", "season", "all"])
async def test_every_window_has_a_board(town: Town, window: str) -> None:
    await town.asks(DOUBLE)
    await town.say(f"answer {RIGHT}")
    assert "▸  1  Ada      30      1" in (await town.say(f"leaderboard {window}")).text


async def test_me_shows_points_place_streak_strip_and_last_verdicts(town: Town) -> None:
    await town.asks(DOUBLE, SQUARE)
    await town.say("answer [2, 3]")
    town.now += DAY
    await town.say("today")
    town.now += DAY
    await town.say("today")
    await town.say("answer [4, 6]")
    mine = (await town.say("me")).text
    assert "points       10" in mine
    assert "place 1 with 10 points" in mine
    assert "1 in a row (best 1)" in mine
    assert "last 3 questions  ■□■" in mine
    assert "■ answered 2, □ missed 1" in mine
    assert mine.index("accepted") < mine.index("wrong answer")


async def test_seven_answers_earn_a_freeze_that_saves_a_missed_day(town: Town) -> None:
    await town.asks(SQUARE)
    for _ in range(7):
        await town.say("today")
        await town.say("answer [2, 3]")
        town.now += DAY
    assert "best 7, 1 freeze in hand" in (await town.say("me")).text
    await town.say("today")
    town.now += DAY
    await town.say("today")
    mine = (await town.say("me")).text
    assert "7 in a row" in mine
    assert "■■■■■■■❄◌" in mine
    assert "❄ frozen 1" in mine


async def test_the_last_ten_verdicts_are_shown_and_practice_is_marked(town: Town) -> None:
    await town.asks(SQUARE, DOUBLE)
    practice = (await town.say("practice")).posting
    for _ in range(6):
        await town.say(f"answer {WRONG}", about=practice)
        await town.say("answer 5")
    mine = (await town.say("me")).text.splitlines()
    assert sum("Twice the number (practice)" in line for line in mine) == 5
    assert sum("wrong answer" in line for line in mine) == 10


async def test_me_of_a_newcomer_says_how_to_begin(town: Town) -> None:
    assert "No verdicts yet" in (await town.say("me")).text


def test_every_verb_has_its_details() -> None:
    assert set(DETAILS) == set(LEARNER_VERBS)


@pytest.mark.parametrize("verb", LEARNER_VERBS)
async def test_help_names_every_verb_and_tells_more_about_each(town: Town, verb: str) -> None:
    assert verb in (await town.say("help")).text
    assert DETAILS[verb][:40] in (await town.say(f"help {verb}")).text


async def test_help_about_nothing_known_lists_what_there_is(town: Town) -> None:
    reply = await town.say("help [bold]me")
    assert "I do not know [bold]me" in reply.text
    assert "leaderboard" in reply.text


async def test_an_unknown_word_is_answered_with_the_nearest_verb(town: Town) -> None:
    assert "Did you mean `answer`?" in (await town.say("anwser [4, 6]")).text
    assert "Did you mean `answer [4, 6]`?" in (await town.say("[4, 6]")).text
    assert "help" in (await town.say("xyzzy" * 1000)).text
    assert "help · help" not in (await town.say("hlep")).text
    assert "gradadmin lists what admins can say" in (await town.say("help")).text


async def test_the_day_is_that_of_the_schedules_zone(town: Town) -> None:
    await town.asks(DOUBLE, SQUARE)
    town.now += timedelta(hours=10, minutes=59)  # 23:59 in Berlin
    assert "Monday, 9 March" in (await town.say("today")).text
    town.now += timedelta(minutes=1)
    assert "Tuesday, 10 March" in (await town.say("today")).text


async def test_help_for_admins_lists_what_they_can_say_and_no_button_is_in_it(town: Town) -> None:
    for said in ("gradadmin", "help gradadmin", "/gradadmin "):
        reply = await town.say(said)
        assert "gradadmin post-now" in reply.text
        assert "gradadmin question upload" in reply.text
        assert "publish" not in reply.last.replace("publish it", "")
    assert "Did you mean `gradadmin post-now`?" in (await town.say("gradadmin postnow")).text
    assert "Did you mean" not in (await town.say("post-now")).text
