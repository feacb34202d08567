"""How questions fare."""

import asyncio

from tests.usecases.test_reporting import notices
from tests.usecases.town import DOUBLE, RIGHT, SLOPE, SQUARE, WRONG, Town, nothing

NAMES = ("Ada", "Bob", "Cy", "Dot")


async def test_an_admin_sees_rate_median_and_the_commonest_mistake(town: Town) -> None:
    await town.asks(SQUARE)
    for who in NAMES:
        await town.say("answer [2, 3]", who)
    for who in NAMES[:3]:
        await town.say("answer [4, 6]", who)
    said = (await town.say("gradadmin question health square-gradient")).text
    assert "solved by" in said
    assert "3 (75%)" in said
    assert "median of attempts  2" in said


async def test_without_an_id_all_are_listed_the_least_solved_first(town: Town) -> None:
    await town.asks(DOUBLE)
    await town.say(f"answer {RIGHT}")
    said = (await town.say("gradadmin question health")).text
    assert "double" in said
    assert "100%" in said


async def test_practice_and_what_was_taken_back_is_left_out(town: Town) -> None:
    await town.asks(SQUARE, DOUBLE)
    double = (await town.say("practice double")).posting
    await town.say(f"answer {WRONG}", about=double)
    await town.say("answer [2, 3]")
    await town.say("gradadmin schedule void yes")
    assert "No question has been asked here yet" in (await town.say("gradadmin question health")).text
    assert "was asked here" in (await town.say("gradadmin question health double")).text


async def test_after_ten_answers_of_three_without_a_right_one_an_admin_hears_of_it_once(town: Town) -> None:
    await town.asks(DOUBLE)
    for number in range(9):
        await town.say(f"answer {WRONG}", NAMES[number % 3])
    assert await notices(town) == []
    for _ in range(3):
        await town.say(f"answer {WRONG}", "Dot")
    (notice,) = await notices(town)
    assert (notice.kind, notice.about) == ("unsolved", "1")
    assert "10 answers of 4 learners" in notice.text


async def test_a_verdict_is_given_though_the_one_who_would_hear_of_it_goes_meanwhile(town: Town) -> None:
    await town.asks(DOUBLE)
    await town.say("gradadmin settings keeper me", "Eve")
    for number in range(9):
        await town.say(f"answer {WRONG}", NAMES[number % 3])

    async def goes() -> None:
        town.judge.before_judging = nothing
        await town.say("privacy delete yes", "Eve")

    town.judge.before_judging = goes
    async with asyncio.timeout(10):
        assert "Wrong answer" in (await town.say(f"answer {WRONG}", "Dot")).last
    assert len(await notices(town)) == 1


async def test_two_who_try_often_say_nothing_about_a_question(town: Town) -> None:
    await town.asks(DOUBLE)
    for number in range(12):
        await town.say(f"answer {WRONG}", NAMES[number % 2])
    assert await notices(town) == []


async def test_one_right_answer_is_enough(town: Town) -> None:
    await town.asks(DOUBLE)
    await town.say(f"answer {RIGHT}", "Eve")
    for number in range(12):
        await town.say(f"answer {WRONG}", NAMES[number % 4])
    assert await notices(town) == []


async def test_questions_of_all_kinds_are_listed(town: Town) -> None:
    await town.asks(SLOPE)
    await town.say("answer 999")
    said = (await town.say("gradadmin question health")).text
    assert "slope" in said
    assert "0%" in said
