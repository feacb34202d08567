import asyncio
import itertools
from collections.abc import Sequence
from dataclasses import replace

import pytest

from bot.core.questions import Bank, CodeTask, Question, Trial, Unsound
from bot.core.records import QuestionVersion
from bot.core.verdicts import Verdict
from bot.ports import JudgeUnavailable
from bot.usecases.banks import CHUNK, FULL, HANDFUL
from sandbox.protocol import EXAMPLE
from tests.usecases.town import DAY, DOUBLE, LEAF, RIGHT, SQUARE, WRONG, Town


async def version_of(town: Town, question: Question) -> QuestionVersion:
    async with town.store.begin() as work:
        return next(each for each in await work.questions.current() if each.question.id == question.id)


def away_for(town: Town, *ids: str) -> list[str]:
    """No cell can be had for the questions with these ids; the ids for which one was asked for, as it happens."""
    drawing, tried = town.judge.draw_trials, list[str]()

    async def away(question: Question, seeds: Sequence[int], **more: bool) -> tuple[Trial, ...]:
        if question.id in ids:
            tried.append(question.id)
            raise JudgeUnavailable(f"No cell for {question.id}.")
        return await drawing(question, seeds, **more)

    town.judge.draw_trials = away  # type: ignore[method-assign]
    return tried


async def held(town: Town, question: Question) -> dict[Bank, int]:
    version = await version_of(town, question)
    async with town.store.begin() as work:
        return {bank: await work.questions.count_trials(version, bank) for bank in Bank}


async def test_filling_ends_with_full_banks_and_again_draws_nothing(town: Town) -> None:
    await town.asks(DOUBLE, SQUARE)
    assert await town.service.fill_banks() == {}
    assert await held(town, DOUBLE) == FULL
    assert await held(town, SQUARE) == {Bank.SCORING: 1, Bank.PUBLIC: 0}
    drawn = len(town.judge.draws)
    await town.restarted().fill_banks()
    assert len(town.judge.draws) == drawn


async def test_public_trials_are_drawn_with_the_mistakes_and_scoring_ones_without(town: Town) -> None:
    await town.asks(DOUBLE)
    await town.service.fill_banks()
    drawn = dict.fromkeys((True, False), 0)
    for (_, count), with_mistakes in zip(town.judge.draws, town.judge.with_mistakes, strict=True):
        drawn[with_mistakes] += count
    assert drawn == {True: CHUNK, False: FULL[Bank.SCORING]}
    assert await held(town, DOUBLE) == FULL


async def test_a_question_half_of_whose_draws_tell_nothing_is_filled_and_stays_however_few_are_lacking(
    town: Town,
) -> None:
    await town.asks(DOUBLE)
    drawing = town.judge.draw_trials

    async def half(question: Question, seeds: Sequence[int], *, with_mistakes: bool = False) -> tuple[Trial, ...]:
        trials = await drawing(question, seeds, with_mistakes=with_mistakes)
        sound = tuple(trial for seed, trial in zip(seeds, trials, strict=True) if seed % 2)
        if not sound:
            raise Unsound("no trial can tell right from wrong", "draw others")
        return sound

    town.judge.draw_trials = half  # type: ignore[method-assign]
    version = await version_of(town, DOUBLE)
    for _ in range(20):
        assert await town.service.fill_banks() == {}
        assert await held(town, DOUBLE) == FULL
        async with town.store.begin() as work:
            (spent,) = await work.questions.trials(version, Bank.SCORING, 1)
            await work.questions.retire_trial(spent.id)


async def test_the_authors_example_is_the_first_public_trial_and_what_try_runs_on(town: Town) -> None:
    assert isinstance(DOUBLE.task, CodeTask)
    await town.asks(replace(DOUBLE, task=replace(DOUBLE.task, example='{"x": 7}')))
    await town.service.fill_banks()
    version = await version_of(town, DOUBLE)
    async with town.store.begin() as work:
        public = await work.questions.trials(version, Bank.PUBLIC, FULL[Bank.PUBLIC])
    inputs = [trial.inputs["x"] for trial in public]
    assert inputs[0] == EXAMPLE  # the judge of this town takes a seed for x
    assert EXAMPLE not in inputs[1:]
    assert f"x  {EXAMPLE}\n" in (await town.say(f"try {RIGHT}")).last


async def test_without_an_example_the_first_public_trial_is_drawn_like_the_others(town: Town) -> None:
    await town.asks(DOUBLE)
    assert str(EXAMPLE) not in (await town.say(f"try {RIGHT}")).last.split()


async def test_every_public_trial_is_looked_through_for_a_failing_case(town: Town) -> None:
    await town.asks(DOUBLE)
    await town.service.fill_banks()
    handed: list[int] = []
    judging = town.judge.judge

    async def counting(question: Question, code: str, scoring: Sequence[Trial], public: Sequence[Trial]) -> Verdict:
        handed.append(len(public))
        return await judging(question, code, scoring, public)

    town.judge.judge = counting  # type: ignore[method-assign]
    await town.say(f"answer {WRONG}")
    assert handed == [FULL[Bank.PUBLIC]]


async def test_a_choice_is_proven_once(town: Town) -> None:
    await town.asks(LEAF)
    await town.service.fill_banks()
    await town.service.fill_banks()
    assert town.judge.draws == [("leaf", 1)]
    assert await held(town, LEAF) == {Bank.SCORING: 1, Bank.PUBLIC: 0}


async def test_what_is_asked_while_banks_are_filled_is_filled_next(town: Town) -> None:
    await town.asks(*(replace(DOUBLE, id=f"other-{number}") for number in range(4)), DOUBLE)
    await town.say("today")
    drawing = town.judge.draw_trials

    async def asked_meanwhile(question: Question, seeds: Sequence[int], **more: bool) -> tuple[Trial, ...]:
        if not town.judge.draws:
            await town.say("practice other-3", about=None)
        return await drawing(question, seeds, **more)

    town.judge.draw_trials = asked_meanwhile  # type: ignore[method-assign]
    await town.service.fill_banks()
    first = dict.fromkeys(question for question, _ in town.judge.draws)
    assert list(first)[1] == "other-3"


async def test_no_draw_is_larger_than_a_chunk(town: Town) -> None:
    await town.asks(DOUBLE)
    await town.service.fill_banks()
    assert max(count for _, count in town.judge.draws) <= CHUNK


async def test_a_fill_that_was_cancelled_is_taken_up_where_it_stopped(town: Town) -> None:
    await town.asks(DOUBLE)
    drawing = town.judge.draw_trials

    async def stops(question: Question, seeds: Sequence[int], **more: bool) -> tuple[Trial, ...]:
        if len(town.judge.draws) == 5:
            raise asyncio.CancelledError
        return await drawing(question, seeds, **more)

    town.judge.draw_trials = stops  # type: ignore[method-assign]
    with pytest.raises(asyncio.CancelledError):
        await town.service.fill_banks()
    partly = await held(town, DOUBLE)
    assert HANDFUL[Bank.SCORING] < partly[Bank.SCORING] < FULL[Bank.SCORING]
    town.judge.draw_trials = drawing  # type: ignore[method-assign]
    await town.service.fill_banks()
    assert await held(town, DOUBLE) == FULL


async def test_the_question_being_asked_is_filled_first_and_the_seeds_example_next(town: Town) -> None:
    await town.asks(DOUBLE)
    await town.say("today")
    await town.asks(replace(DOUBLE, id="a-other"), DOUBLE, SQUARE)
    await town.service.fill_banks()
    order = [identity for identity, _ in itertools.groupby(identity for identity, _ in town.judge.draws)]
    assert order == ["double", "square-gradient", "a-other", "double", "a-other"]


async def test_no_seed_is_drawn_twice_even_by_a_later_process(town: Town) -> None:
    await town.asks(DOUBLE)
    await town.service.fill_banks()
    version = await version_of(town, DOUBLE)
    async with town.store.begin() as work:
        (shown, *_) = await work.questions.trials(version, Bank.SCORING, FULL[Bank.SCORING])
        await work.questions.retire_trial(shown.id)
    town.now = town.now.replace(microsecond=town.now.microsecond + 10_000)
    await town.restarted().fill_banks()
    async with town.store.begin() as work:
        scoring = await work.questions.trials(version, Bank.SCORING, FULL[Bank.SCORING])
        public = await work.questions.trials(version, Bank.PUBLIC, FULL[Bank.PUBLIC])
    inputs = [trial.inputs["x"] for trial in (*scoring, *public)]
    assert len(set(inputs)) == FULL[Bank.SCORING] + FULL[Bank.PUBLIC]
    assert shown.inputs["x"] not in inputs


async def test_answers_at_once_share_one_first_handful(town: Town) -> None:
    await town.asks(DOUBLE)
    await asyncio.gather(*(town.say(f"answer {RIGHT}", who) for who in ("Ada", "Bob", "Cy")))
    assert town.judge.draws == [("double", CHUNK), ("double", CHUNK)]


async def test_an_unsound_question_is_named_and_does_not_hold_up_the_others(town: Town) -> None:
    await town.asks(replace(DOUBLE, id="a-broken"), DOUBLE)
    drawing = town.judge.draw_trials

    tried: list[str] = []

    async def breaks(question: Question, seeds: Sequence[int], **more: bool) -> tuple[Trial, ...]:
        if question.id == "a-broken":
            tried.append(question.id)
            raise Unsound("the solution never ends", "mend it")
        return await drawing(question, seeds, **more)

    town.judge.draw_trials = breaks  # type: ignore[method-assign]
    assert await town.service.fill_banks() == {"a-broken": "the solution never ends; mend it"}
    assert await held(town, DOUBLE) == FULL
    assert await town.service.fill_banks() == {}
    assert tried == ["a-broken"]


async def test_a_question_found_unsound_is_neither_asked_nor_practised(town: Town) -> None:
    await town.asks(replace(DOUBLE, id="a-broken", title="Broken"), DOUBLE, LEAF)
    drawing = town.judge.draw_trials

    async def breaks(question: Question, seeds: Sequence[int], **more: bool) -> tuple[Trial, ...]:
        if question.id == "a-broken":
            raise Unsound("the solution never ends", "mend it")
        return await drawing(question, seeds, **more)

    town.judge.draw_trials = breaks  # type: ignore[method-assign]
    await town.service.fill_banks()
    assert "Twice the number" in (await town.say("today")).text
    assert "Nothing here goes by a-broken" in (await town.say("practice a-broken")).text


async def test_a_question_an_answer_found_unsound_is_told_of_once_and_asked_no_more(town: Town) -> None:
    await town.asks(DOUBLE, LEAF)
    await town.say("today")
    town.judge.sound = False
    assert "cannot be judged right now" in (await town.say(f"answer {RIGHT}")).last
    town.judge.sound = True
    assert list(await town.service.fill_banks()) == ["double"]
    assert await town.service.fill_banks() == {}
    town.now += DAY
    assert "There is no such question to practise" in (await town.say("practice double")).text
    assert "Who is a leaf?" in (await town.say("today")).text


async def test_a_question_that_could_be_judged_after_all_is_asked_again(town: Town) -> None:
    await town.asks(DOUBLE)
    town.judge.sound = False
    await town.say(f"answer {RIGHT}")
    town.judge.sound = True
    assert await town.service.resume() == 1
    town.now += DAY
    assert "Twice the number" in (await town.say("today")).text
    await town.service.fill_banks()
    await town.service.fill_banks()
    assert await held(town, DOUBLE) == FULL


async def test_of_what_was_never_asked_the_day_gets_a_question_whose_trials_are_drawn(town: Town) -> None:
    await town.asks(DOUBLE, LEAF, SQUARE)
    away_for(town, "double", "square-gradient")
    with pytest.raises(JudgeUnavailable):
        await town.service.fill_banks()
    asked = []
    for _ in range(3):
        asked.append((await town.say("today")).posting)
        town.now += DAY
    async with town.store.begin() as work:
        postings = [await work.postings.get(posting) for posting in asked]
    assert [posting and posting.version.question.id for posting in postings] == ["leaf", "double", "square-gradient"]


async def test_a_draw_of_which_most_trials_are_unsound_is_followed_by_another(town: Town) -> None:
    await town.asks(DOUBLE)
    drawing = town.judge.draw_trials

    async def one_of_many(question: Question, seeds: Sequence[int], **more: bool) -> tuple[Trial, ...]:
        return (await drawing(question, seeds, **more))[:1]

    town.judge.draw_trials = one_of_many  # type: ignore[method-assign]
    assert "all 3 trials" in (await town.say(f"answer {RIGHT}")).last


async def test_without_cells_filling_says_so_and_soon_asks_for_no_more(town: Town) -> None:
    await town.asks(LEAF, *(replace(DOUBLE, id=f"other-{number}") for number in range(9)))
    await town.say("answer only a")
    tried = away_for(town, *(f"other-{number}" for number in range(9)))
    with pytest.raises(JudgeUnavailable):
        await town.service.fill_banks()
    assert tried == ["other-0", "other-1", "other-2", "other-3"]  # two for a handful, two for a full bank


async def test_a_question_that_finds_no_cell_holds_up_no_other(town: Town) -> None:
    await town.asks(*(replace(DOUBLE, id=f"other-{number}") for number in range(3)))
    tried = away_for(town, "other-1")
    with pytest.raises(JudgeUnavailable, match="other-1"):
        await town.service.fill_banks()
    assert tried == ["other-1"]
    for number, filled in ((0, FULL), (1, dict.fromkeys(Bank, 0)), (2, FULL)):
        assert await held(town, replace(DOUBLE, id=f"other-{number}")) == filled


async def test_questions_that_never_find_a_cell_come_last_the_next_time_unless_somebody_asks_for_them(
    town: Town,
) -> None:
    await town.asks(*(replace(DOUBLE, id=f"other-{number}") for number in range(7)))
    tried = away_for(town, *(f"other-{number}" for number in range(5)))
    for _ in range(4):
        with pytest.raises(JudgeUnavailable):
            await town.service.fill_banks()
    assert await held(town, replace(DOUBLE, id="other-5")) == await held(town, replace(DOUBLE, id="other-6")) == FULL
    tried.clear()
    await town.say("practice other-4")
    with pytest.raises(JudgeUnavailable):
        await town.service.fill_banks()
    assert tried[0] == "other-4"


async def test_what_is_unsound_is_told_though_others_find_no_cell(town: Town) -> None:
    await town.asks(DOUBLE, LEAF)
    town.judge.sound = False
    await town.say(f"answer {RIGHT}")
    town.judge.sound = True
    away_for(town, "leaf")
    assert list(await town.service.fill_banks()) == ["double"]
    with pytest.raises(JudgeUnavailable):
        await town.service.fill_banks()


async def test_a_question_that_is_gone_is_not_asked_again_but_its_posting_stays(town: Town) -> None:
    await town.asks(DOUBLE)
    await town.say("today")
    await town.asks(SQUARE)
    assert "Twice the number" in (await town.say("today")).text
    assert "Accepted" in (await town.say(f"answer {RIGHT}")).last


async def test_loading_nothing_retires_nothing(town: Town) -> None:
    await town.asks(DOUBLE)
    await town.service.load_questions([], (), 1)
    assert "Twice the number" in (await town.say("today")).text
