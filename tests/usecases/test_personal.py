"""Questions with numbers of one's own."""

import asyncio
import re
import zlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.effects import Ask, Show, To
from bot.core.personal import filled, shown_generic, variants
from bot.core.questions import VARIANTS, Bank, Param, ValueTask
from bot.sealing import SecretSeal
from bot.usecases.service import Service
from tests.usecases.town import DAY, DOUBLE, SLOPE, SQUARE, Answered, Town

assert isinstance(SLOPE.task, ValueTask)
PARAMS = SLOPE.task.params
PEOPLE = ("Ada", "Bob", "Cy", "Dee", "Eve", "Fay")


def numbers(reply: Answered) -> tuple[str, str]:
    """The numbers in the snippet somebody sees."""
    found = re.findall(r"y = (\S+) \* x \+ (\S+)", reply.text)
    return found[-1] if found else ("", "")


async def test_everybody_sees_letters_and_each_learner_numbers_of_their_own(town: Town) -> None:
    await town.asks(SLOPE)
    seen = set()
    for who in PEOPLE:
        posting, mine = (await town.say("today", who)).effects
        assert isinstance(posting, Show)
        assert isinstance(mine, Show)
        assert (posting.to, mine.to) == (To.PRIVATE, To.PRIVATE)
        public = Answered([posting])
        assert numbers(public) == ("a", "b")
        assert "where x is b?" in public.text
        assert "In place of a and b you have numbers of your own" in public.text
        a, b = numbers(Answered([mine]))
        assert a in PARAMS[0].values
        assert f"where x is {b}?" in Answered([mine]).text
        seen.add((a, b))
    assert len(seen) > 1


async def test_ones_numbers_stay_and_are_the_same_in_the_form_and_new_on_another_posting(town: Town) -> None:
    await town.asks(SLOPE)
    mine = numbers(await town.say("today"))
    form = await town.say("answer")
    assert isinstance(form.effects[0], Ask)
    assert numbers(form) == mine == numbers(await town.say("today"))
    seen = {mine}
    for _ in range(5):
        town.now += DAY
        seen.add(numbers(await town.say("today")))
    assert len(seen) > 1


async def test_each_is_judged_by_their_own_numbers_and_another_ones_answer_is_wrong(town: Town) -> None:
    await town.asks(SLOPE)
    slopes = {who: numbers(await town.say("today", who))[0] for who in PEOPLE}
    other = next(slope for slope in slopes.values() if slope != slopes["Ada"])
    assert "Wrong answer" in (await town.say(f"answer {other}")).last
    for who, slope in slopes.items():
        assert "Accepted" in (await town.say(f"answer {slope}", who)).last


async def test_a_known_mistake_is_answered_in_the_authors_words_with_ones_own_numbers(town: Town) -> None:
    await town.asks(SLOPE)
    a, b = numbers(await town.say("today"))
    assert f"The {b} is added." in (await town.say(f"answer {b}")).last
    assert f"Not {a} plus {b}." in (await town.say(f"answer {int(a) + int(b)}")).last


async def test_hints_and_the_solution_speak_of_ones_own_numbers(town: Town) -> None:
    await town.asks(SLOPE)
    a, _ = numbers(await town.say("today"))
    assert f"Look at {a}." in (await town.say("hint yes")).last
    early = await town.say("solution yes")
    assert f"    {a}\n" in early.last
    assert f"It is {a} everywhere." in early.last


async def test_without_a_cell_the_solution_of_ones_own_numbers_is_the_authors_derivation(town: Town) -> None:
    await town.asks(SLOPE)
    a, _ = numbers(await town.say("today"))
    town.judge.available = False
    assert f"    {a} * 1" in (await town.say("solution yes")).last


async def test_all_variants_come_from_one_draw_with_mistakes_and_no_other_value_is_drawn_twice(town: Town) -> None:
    await town.asks(SLOPE, SQUARE)
    await town.service.fill_banks()
    await town.service.fill_banks()
    assert sorted(town.judge.draws) == [("slope", 1), ("square-gradient", 1)]
    asked = dict(zip((question for question, _ in town.judge.draws), town.judge.with_mistakes, strict=True))
    assert asked == {"slope": True, "square-gradient": False}
    async with town.store.begin() as work:
        (slope, _) = await work.questions.current()
        trials = await work.questions.trials(slope, Bank.SCORING, 100)
    assert len({tuple(trial.inputs.items()) for trial in trials}) == len(trials) == VARIANTS


async def test_with_another_secret_the_variants_are_drawn_again(town: Town) -> None:
    params = (Param("a", tuple(map(str, range(2, 22)))), Param("b", tuple(map(str, range(100, 120)))))
    assert isinstance(SLOPE.task, ValueTask)
    await town.asks(replace(SLOPE, task=replace(SLOPE.task, params=params)))
    await town.service.fill_banks()

    def another(text: str) -> int:
        return zlib.crc32(f"another secret {text}".encode()) + 1

    town.service = Service(town.store, town.judge, lambda: town.now, another, SecretSeal(b""))
    slopes = {who: numbers(await town.say("today", who))[0] for who in PEOPLE}
    verdicts = await asyncio.gather(*(town.say(f"answer {slope}", who) for who, slope in slopes.items()))
    assert ["Accepted" in verdict.last for verdict in verdicts] == [True] * len(PEOPLE)
    assert town.judge.draws == [("slope", 1), ("slope", 1)]  # the second for all of them


async def test_in_practice_ones_numbers_are_on_the_one_card(town: Town) -> None:
    await town.asks(SQUARE, SLOPE, DOUBLE)
    shown = await town.say("practice slope")
    assert len(shown.effects) == 1
    a, _ = numbers(shown)
    assert a in PARAMS[0].values
    assert "Accepted" in (await town.say(f"answer {a}", about=shown.posting)).last


@given(st.integers(0, 2**63))
def test_sixteen_different_fillings_follow_from_the_seed_alone(seed: int) -> None:
    drawn = variants(PARAMS, seed)
    assert drawn == variants(PARAMS, seed)
    assert len({tuple(variant.items()) for variant in drawn}) == VARIANTS
    assert all(variant[param.name] in param.values for variant in drawn for param in PARAMS)


def test_a_vast_product_of_values_is_not_built_and_a_small_one_refused() -> None:
    vast = [Param(f"p{number}", tuple(map(str, range(100)))) for number in range(60)]
    assert len(variants(vast, 1)) == VARIANTS
    with pytest.raises(ValueError, match="allow 4 variants"):
        variants([Param("a", ("1", "2", "2", "3", "4"))], 1)


def test_every_text_is_filled_and_other_dollars_stay() -> None:
    mine = filled(replace(SLOPE, prompt="$a costs $5, ${b} costs $c"), {"a": "2", "b": "11"})
    assert mine.prompt == "2 costs $5, 11 costs $c"
    assert mine.task == ValueTask("y = 2 * x + 11", "x.grad", "2 * 1")
    assert [(wrong.answer, wrong.message) for wrong in mine.wrong_answers] == [
        ("11", "The `11` is **added**."),
        ("2 + 11", "Not 2 plus 11."),
    ]
    assert (mine.hints, mine.explanation) == (("Look at 2.",), "It is **2** everywhere.")
    assert shown_generic(SLOPE).prompt == "What is the slope where x is `b`?"
    assert filled(DOUBLE, {"a": "2"}) == shown_generic(DOUBLE) == DOUBLE
