import re
from dataclasses import replace

import pytest

from bot.core.effects import Ask, Show, To
from bot.core.questions import ChoiceTask
from bot.core.records import Submission
from tests.usecases.town import DAY, LEAF, SQUARE, Answered, Town

assert isinstance(LEAF.task, ChoiceTask)
TEXTS = {option.text.replace("`", ""): option for option in LEAF.task.options}


def letters(reply: Answered) -> dict[str, str]:
    """The letter of each option's text, as it is shown."""
    return {text: letter for letter, text in re.findall(r"^([A-F]) · (.+)$", reply.text, re.MULTILINE)}


async def stored(town: Town) -> Submission:
    async with town.store.begin() as work:
        visit = await work.communities.community("terminal", "here", "This terminal")
        ada = await work.communities.learner(visit, "ada", "Ada")
        ((latest, _), *_) = await work.submissions.recent(ada, 1)
    return latest


async def test_everybody_sees_the_question_and_each_learner_the_options_in_an_order_of_their_own(town: Town) -> None:
    await town.asks(LEAF)
    orders = set()
    for who in ("Ada", "Bob", "Cy", "Dee", "Eve"):
        posting, mine = (await town.say("today", who)).effects
        assert isinstance(posting, Show)
        assert isinstance(mine, Show)
        assert (posting.to, mine.to) == (To.PRIVATE, To.PRIVATE)
        assert not any(text in str(posting.card) for text in TEXTS)
        shown = letters(Answered([mine]))
        assert set(shown) == set(TEXTS)
        assert sorted(shown.values()) == list("ABCD")
        orders.add(tuple(shown))
    assert len(orders) > 1


async def test_the_order_stays_the_same_in_the_form_and_the_next_time_and_changes_with_the_posting(town: Town) -> None:
    await town.asks(LEAF)
    shown = letters(await town.say("today"))
    form = await town.say("answer")
    assert isinstance(form.effects[0], Ask)
    assert not form.effects[0].form.multiline
    assert list(letters(form).items()) == list(shown.items()) == list(letters(await town.say("today")).items())
    orders = {tuple(shown)}
    for _ in range(5):
        town.now += DAY
        orders.add(tuple(letters(await town.say("today"))))
    assert len(orders) > 1


WAYS = [
    "{}",
    "{}.",
    "({})",
    "{})",
    "option {}",
    "Option {}!",
    "the answer is {}",
    "`{}`",
    "{} · only `a`",
    "{}) only a",
]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("case", [str.upper, str.lower])
async def test_a_letter_in_any_form_is_the_option_it_stands_before(town: Town, way: str, case: type[str]) -> None:
    await town.asks(LEAF)
    letter = letters(await town.say("today"))["only a"]
    verdict = await town.say(f"answer {way.format(case(letter))}")
    assert "Accepted: Who is a leaf?" in verdict.last
    assert "+10 (10 for the right choice)" in verdict.last
    assert f"You chose {letter} · only a" in verdict.last
    assert (await stored(town)).text == "only `a`"


@pytest.mark.parametrize("said", ["only a", "Only `a`.", " only  A ", '"only a"'])
async def test_the_text_of_an_option_is_an_answer_too(town: Town, said: str) -> None:
    await town.asks(LEAF)
    assert "Accepted" in (await town.say(f"answer {said}")).last


@pytest.mark.parametrize("said", ["E", "only c", "A or B", "2", "???", "a" * 5000])
async def test_what_names_no_option_counts_for_nothing_and_is_told_the_letters(town: Town, said: str) -> None:
    await town.asks(LEAF)
    reply = await town.say(f"answer {said}")
    assert "one of the letters A, B, C and D" in reply.last
    assert "Nothing was counted" in reply.last
    assert "+10" in (await town.say("answer only a")).last


async def test_a_wrong_choice_is_told_why_and_opens_the_solution_at_no_cost(town: Town) -> None:
    await town.asks(LEAF)
    wrong = await town.say("answer only b")
    assert "Wrong answer: Who is a leaf?" in wrong.last
    assert "b comes from an operation." in wrong.last  # in Markdown: it is the author's
    assert "the one that counts" in wrong.last
    assert "Next: solution · practice" in wrong.last
    solution = await town.say("solution")
    assert "only a" in solution.last
    assert "A tensor you make is one." in solution.last
    assert "Leaves are made, not computed." in solution.last
    assert "1 in a row" in (await town.say("me")).text


async def test_only_the_first_choice_earns_points(town: Town) -> None:
    await town.asks(LEAF)
    assert "10 points; one attempt counts" in (await town.say("today")).text
    await town.say("answer only b")
    assert "0 points" in (await town.say("today")).text
    assert "1 (one counts)" in (await town.say("today")).text
    assert "only the first attempt earns points" in (await town.say("answer none")).last
    assert "none: only the first attempt earns points" in (await town.say("answer only a")).last
    assert "Nobody has earned points" in (await town.say("leaderboard")).text


async def test_before_the_choice_the_solution_costs_what_it_says_and_a_hint_its_share(town: Town) -> None:
    await town.asks(LEAF)
    warned = await town.say("solution")
    assert "can still earn 10 points" in warned.last
    assert "You make" not in warned.last
    assert "costs 2 points" in (await town.say("hint")).last
    await town.say("hint yes")
    assert "+8 (10 for the right choice; -2 for 1 hint)" in (await town.say("answer only a")).last


async def test_a_choice_is_judged_without_any_cell(town: Town) -> None:
    await town.asks(LEAF)
    town.judge.available = False
    assert "Accepted" in (await town.say("answer only a")).last


async def test_a_choice_that_was_stored_is_judged_by_what_it_says_whatever_the_order(town: Town) -> None:
    await town.asks(LEAF)
    await town.crashes_after("answer only b")
    assert await town.service.resume() == 1
    verdict = (await stored(town)).verdict
    assert verdict is not None
    assert verdict.message == "`b` comes from an **operation**."


async def test_a_choice_that_is_no_option_any_more_is_given_back_and_is_no_attempt(town: Town) -> None:
    await town.asks(LEAF)
    for event in ("first", "second"):
        await town.crashes_after("answer A", event)
    assert isinstance(LEAF.task, ChoiceTask)
    options = tuple(replace(option, text=f"just {option.text}") for option in LEAF.task.options)
    await town.asks(replace(LEAF, task=replace(LEAF.task, options=options)))
    again = await town.say("answer A", event="first")
    assert "this answer does not count. Answer again." in again.last
    assert any(f"    {text}\n" in again.last.replace("`", "") for text in TEXTS)
    assert "Nothing was counted" in again.last
    assert await town.restarted().resume() == 0
    assert "Where you stand" not in (await town.say("today")).text
    assert "1 in a row" in (await town.say("me")).text
    await town.asks(LEAF)
    assert "this answer does not count" in (await town.say("answer A", event="second")).last
    assert "+10 (10 for the right choice)" in (await town.say("answer only a")).last


async def test_in_practice_the_options_are_on_the_one_card_and_any_number_of_choices_is_allowed(town: Town) -> None:
    await town.asks(SQUARE, LEAF)
    shown = await town.say("practice choice")
    assert len(shown.effects) == 1
    assert set(letters(shown)) == set(TEXTS)
    assert "Try as often as you like" in (await town.say("answer only b", about=shown.posting)).last
    assert "Accepted" in (await town.say("answer only a", about=shown.posting)).last
    again = await town.say("practice choice")
    assert "solution" in again.text


async def test_there_is_nothing_to_try_on_a_choice(town: Town) -> None:
    await town.asks(LEAF)
    assert "asks for one of its options" in (await town.say("try x = 1")).last
