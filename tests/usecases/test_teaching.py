from dataclasses import replace

import pytest

from bot.core.effects import Ask, Show
from bot.core.questions import CodeTask, WrongAnswer
from tests.usecases.town import DAY, DOUBLE, RIGHT, SQUARE, WRONG, Town


async def test_a_try_shows_inputs_result_and_output_and_counts_for_nothing(town: Town) -> None:
    await town.asks(DOUBLE)
    reply = await town.say("try def double(x):\n    print('seen', x)\n    return x")
    running, shown = reply.effects
    assert isinstance(running, Show)
    assert isinstance(shown, Show)
    assert running.working
    assert running.slot == shown.slot
    assert "It ran" in reply.last
    assert "it returned" in reply.last
    assert "seen" in reply.last
    assert "expected" not in reply.last
    assert not town.judge.judged
    assert "Where you stand" not in (await town.say("today")).text


async def test_every_try_runs_on_the_same_published_example(town: Town) -> None:
    await town.asks(DOUBLE)
    assert (await town.say(f"try {RIGHT}")).last == (await town.say(f"try {RIGHT}", who="Bob")).last


FAILING = [
    ("def double(x):\n    return (x", "line 2 |     return (x"),
    ("def twice(x):\n    return x", "your code defines twice"),
    ("def double(x):\n    raise TimeoutError", "stopped after 5 s"),
]


@pytest.mark.parametrize(("code", "told"), FAILING, ids=["syntax", "name", "time"])
async def test_a_try_that_does_not_run_through_says_why(town: Town, code: str, told: str) -> None:
    await town.asks(DOUBLE)
    reply = await town.say(f"try {code}")
    assert "did not run through" in reply.last
    assert told in reply.last


async def test_a_try_never_tells_what_the_author_says_about_a_wrong_answer(town: Town) -> None:
    divides = "def double(x):\n    return x / 0\n"
    await town.asks(replace(DOUBLE, wrong_answers=(WrongAnswer(divides, "A **half** has no zero."),)))
    tried = await town.say(f"try {divides}")
    assert "Your code raised ZeroDivisionError in line 2." in tried.last
    assert "half" not in tried.last
    assert "A half has no zero." in (await town.say(f"answer {divides}")).last


async def test_what_the_probe_raised_is_not_called_the_learners_own(town: Town) -> None:
    assert isinstance(DOUBLE.task, CodeTask)
    probe = 'def probe(double, x):\n    return {"result": double(x)}\n'
    await town.asks(replace(DOUBLE, task=replace(DOUBLE.task, probe=probe)))
    for verb in ("try", "answer"):
        said = (await town.say(f"{verb} def double(x):\n    return x / 0")).last
        assert "The probe raised, using your code:" in said
        assert "Your code raised:" not in said


async def test_a_try_without_code_asks_for_some(town: Town) -> None:
    await town.asks(DOUBLE)
    (asked,) = (await town.say("try")).effects
    assert isinstance(asked, Ask)
    assert asked.form.verb == "try"


async def test_a_try_without_readable_code_or_without_a_sandbox_gives_the_text_back(town: Town) -> None:
    await town.asks(DOUBLE)
    assert "Please help" in (await town.say("try Please help me with this")).last
    town.judge.available = False
    away = await town.say(f"try {RIGHT}")
    assert "The sandbox is not available" in away.last
    assert "return 2 * x" in away.last


async def test_there_is_nothing_to_try_on_a_value_question(town: Town) -> None:
    await town.asks(SQUARE)
    assert "asks for a value" in (await town.say("try [4, 6]")).last


async def test_a_hint_says_its_cost_before_it_costs(town: Town) -> None:
    await town.asks(DOUBLE)
    offered = await town.say("hint")
    assert "Hint 1 of 3 costs 4 points" in offered.last
    assert "Add it." not in offered.last
    shown = await town.say("hint yes")
    assert "Hint 1 of 3. Add it." in shown.last
    assert "To itself." not in shown.last
    again = await town.say("hint")
    assert "Add it." in again.last
    assert "Hint 2 of 3 costs 4 points" in again.last
    await town.say("hint Yes!")
    solved = await town.say(f"answer {RIGHT}")
    assert "+22 (20 for the solution; 10 for the first try; -8 for 2 hints)" in solved.last


async def test_after_solving_every_hint_is_free(town: Town) -> None:
    await town.asks(DOUBLE)
    await town.say(f"answer {RIGHT}")
    assert "Once." in (await town.say("hint")).last
    assert "points    30" in (await town.say("today")).text


async def test_the_last_hint_says_so_and_asking_on_costs_nothing(town: Town) -> None:
    await town.asks(DOUBLE)
    for _ in range(5):
        reply = await town.say("hint yes")
    assert "That was the last hint." in reply.last
    assert "hints                 3 of 3" in (await town.say("today")).text


async def test_a_hint_costs_nothing_once_nothing_is_left_to_earn(town: Town) -> None:
    await town.asks(SQUARE)
    for wrong in "123":
        await town.say(f"answer {wrong}")
    assert "Hint 1 of 3 costs nothing" in (await town.say("hint")).last


async def test_the_solution_warns_before_it_takes_the_points(town: Town) -> None:
    await town.asks(DOUBLE)
    warned = await town.say("solution")
    assert "can still earn 30 points" in warned.last
    assert "return 2 * x" not in warned.last
    shown = await town.say("solution yes")
    assert "return 2 * x" in shown.last
    assert "x + x = 2x." in shown.last
    answered = await town.say(f"answer {RIGHT}")
    assert "none, because you saw the solution first" in answered.last
    assert "1 in a row" in answered.last
    assert "Nobody has earned points" in (await town.say("leaderboard")).last
    assert "return 2 * x" in (await town.say("solution")).last


async def test_the_solution_is_free_after_solving(town: Town) -> None:
    await town.asks(DOUBLE)
    await town.say(f"answer {RIGHT}")
    assert "return 2 * x" in (await town.say("solution")).last
    assert "points    30" in (await town.say("today")).text


@pytest.mark.parametrize("verb", ["hint", "solution"])
async def test_help_that_costs_does_not_overtake_a_verdict(town: Town, verb: str) -> None:
    await town.asks(DOUBLE)
    town.judge.available = False
    await town.say(f"answer {RIGHT}")
    assert "has no verdict yet" in (await town.say(f"{verb} yes")).last
    town.judge.available = True
    await town.service.resume()
    assert "points    30" in (await town.say("today")).text


@pytest.mark.parametrize(("verb", "secret"), [("hint", "Add it."), ("solution", "return 2 * x")])
async def test_a_yes_meant_for_yesterdays_question_costs_nothing_on_an_unseen_one(
    town: Town, verb: str, secret: str
) -> None:
    await town.asks(DOUBLE, SQUARE)
    await town.say(f"{verb}")
    town.now += DAY
    assert secret not in (await town.say(f"{verb} yes")).last
    assert secret in (await town.say(f"{verb} yes")).last


@pytest.mark.parametrize("verb", ["hint", "solution"])
async def test_a_word_that_is_not_yes_shows_nothing(town: Town, verb: str) -> None:
    await town.asks(DOUBLE)
    reply = await town.say(f"{verb} [red]perhaps[/red]")
    assert "[red]perhaps[/red]" in reply.last
    assert "Where you stand" not in (await town.say("today")).text


async def test_where_one_stands_is_for_oneself_alone(town: Town) -> None:
    await town.asks(DOUBLE)
    await town.say(f"answer {WRONG}")
    await town.say("hint yes")
    posting, own = (await town.say("today")).effects
    assert isinstance(posting, Show)
    assert isinstance(own, Show)
    assert (posting.to, own.to) == ("private", "private")
    assert "wrong answer" in str(own.card)
    assert "wrong answer" not in str(posting.card)
    assert "chain-rule" not in str(posting.card)


async def test_a_form_opens_with_what_was_tried_until_something_is_submitted(town: Town) -> None:
    await town.asks(DOUBLE)
    tried = "def double(x):\n    return x + x\n"
    await town.say(f"try {tried}")
    for verb in ("answer", "try"):
        form = (await town.say(verb)).effects[0]
        assert isinstance(form, Ask)
        assert form.form.initial == tried
    assert isinstance(bobs := (await town.say("answer", who="Bob")).effects[0], Ask)
    assert tried not in bobs.form.initial
    await town.say(f"answer {WRONG}")
    form = (await town.say("answer")).effects[0]
    assert isinstance(form, Ask)
    assert form.form.initial == "def double(x):\n    return x\n"


async def test_a_form_opens_with_what_could_not_be_read(town: Town) -> None:
    await town.asks(DOUBLE)
    await town.say("answer please tell me")
    form = (await town.say("answer")).effects[0]
    assert isinstance(form, Ask)
    assert form.form.initial == "please tell me"
