from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.cards import Card, Facts
from bot.core.effects import Ask, Show
from bot.core.practice import choose_practice, matching
from bot.core.presenting.choices import no_practice_card
from bot.core.questions import Level, Question
from tests.usecases.town import DAY, DOUBLE, RIGHT, SQUARE, WRONG, Town

TRIPLE = replace(SQUARE, id="triple", title="Three attempts", level=Level.HARD, topics=("Chain-Rule",))
UNSCORED = "practice: no points, no streak"


def verbs(card: Card) -> list[str]:
    return [action.verb for action in card.actions]


async def test_practice_changes_no_points_no_streak_and_no_board(town: Town) -> None:
    await town.asks(SQUARE, DOUBLE)
    await town.say("today")
    shown = await town.say("practice")
    assert "Twice the number" in shown.text
    assert UNSCORED in shown.text
    verdict = await town.say(f"answer {RIGHT}", about=shown.posting)
    assert "Accepted" in verdict.last
    assert UNSCORED in verdict.last
    assert "+" not in verdict.last
    assert "Nobody has earned points here yet" in (await town.say("leaderboard")).last
    mine = (await town.say("me")).text
    assert "points       0" in mine
    assert "0 in a row (best 0)" in mine
    assert "last 1 question" in mine
    assert "Twice the number (practice)" in mine


async def test_a_solved_practice_moves_no_place_on_a_board_one_is_on(town: Town) -> None:
    await town.asks(SQUARE, DOUBLE)
    await town.say("answer [4, 6]")
    before = (await town.say("leaderboard")).text
    practice = (await town.say("practice")).posting
    await town.say(f"answer {RIGHT}", about=practice)
    assert (await town.say("leaderboard")).text == before


async def test_a_day_asks_what_was_practised_before_as_if_it_was_not(town: Town) -> None:
    await town.asks(SQUARE, DOUBLE)
    practice = (await town.say("practice")).posting
    await town.say(f"answer {RIGHT}", about=practice)
    town.now += DAY
    assert "Twice the number" in (await town.say("today")).text
    assert "+30" in (await town.say(f"answer {RIGHT}")).last


async def test_after_today_answers_are_for_todays_question_again(town: Town) -> None:
    await town.asks(SQUARE, DOUBLE)
    practice = (await town.say("practice")).posting
    assert "Wrong answer: Twice" in (await town.say(f"answer {WRONG}", about=practice)).last
    today = (await town.say("today", about=practice)).posting
    assert today != practice
    assert "+10" in (await town.say("answer [4, 6]", about=today)).last


async def test_try_hint_solution_and_the_form_are_about_the_practice_question(town: Town) -> None:
    await town.asks(SQUARE, DOUBLE)
    practice = (await town.say("practice")).posting
    assert "It ran" in (await town.say(f"try {RIGHT}", about=practice)).last
    assert "costs nothing" in (await town.say("hint", about=practice)).last
    assert "Add it." in (await town.say("hint yes", about=practice)).last
    (asked,) = (await town.say("answer", about=practice)).effects
    assert isinstance(asked, Ask)
    assert asked.form.title == DOUBLE.title
    warned = (await town.say("solution", about=practice)).last
    assert "It costs nothing" in warned
    assert "streak needs" not in warned
    assert "return 2 * x" in (await town.say("solution yes", about=practice)).last
    assert "Where you stand" not in (await town.say("today")).text


async def test_attempts_at_a_value_count_per_posting(town: Town) -> None:
    await town.asks(SQUARE, TRIPLE)
    practice = (await town.say("practice triple")).posting
    for attempt in range(1, 5):
        wrong = (await town.say("answer [2, 3]", about=practice)).last
        assert f"no. {attempt}" in wrong
        assert "earn" not in wrong
    assert "1 of the 3 that earn points" in (await town.say("answer [2, 3]")).last
    town.now += DAY
    await town.asks(SQUARE, DOUBLE, TRIPLE)
    await town.service.fill_banks()
    assert "Twice the number" in (await town.say("today")).text
    again = (await town.say("practice triple")).posting
    assert again != practice
    assert "no. 1" in (await town.say("answer [2, 3]", about=again)).last


async def test_a_wrong_filter_names_the_wrong_word_and_lists_what_there_is(town: Town) -> None:
    await town.asks(SQUARE, DOUBLE, TRIPLE)
    for said, why in {
        "hard [bold]nothing": "Nothing here goes by [bold]nothing.",
        "hard code": "There are questions of each sort, but none is all of hard code.",
    }.items():
        reply = (await town.say(f"practice {said}")).last
        assert why in reply
        for known in ("code, value", "medium, hard", "chain-rule", "double, triple"):
            assert known in reply


def manifold(count: int) -> list[Question]:
    """Questions with two topics each, one of them its own."""
    return [replace(DOUBLE, id=f"id-{number:02}", topics=("shared", f"own-{number:02}")) for number in range(count)]


@pytest.mark.parametrize("count", [1, 12, 13, 40, 59, 60, 94])
def test_the_card_of_choices_lists_every_topic_but_only_few_ids(count: int) -> None:
    questions = manifold(count)
    (facts,) = (block for block in no_practice_card("nothing", questions).blocks if isinstance(block, Facts))
    shown = dict(facts.pairs)
    topics = sorted({topic for question in questions for topic in question.topics})
    assert shown["topic"].split(" … ")[0].split(", ") == topics[:60]
    assert ("and" in shown["topic"]) == (count >= 60)
    assert (shown["kind"], shown["level"]) == ("code", "medium")
    if count <= 12:
        assert shown["id"].split(", ") == [question.id for question in questions]
    else:
        assert shown["id"] == f"any of {count}; every question shows its id when you practise it"


async def test_with_nothing_but_todays_question_there_is_nothing_to_practise(town: Town) -> None:
    assert "There is no question to ask" in (await town.say("practice")).last
    await town.asks(SQUARE)
    assert "the only one there is" in (await town.say("practice")).last


async def test_who_wants_to_practise_on_todays_question_is_sent_there(town: Town) -> None:
    await town.asks(DOUBLE, TRIPLE)
    reply = await town.say("practice Double")
    assert "That is today's question" in reply.text
    assert "Next: today" in reply.text


async def test_a_posting_of_another_community_is_refused_and_the_text_given_back(town: Town) -> None:
    await town.asks(SQUARE, DOUBLE)
    theirs = (await town.say("practice")).posting
    town.community = "elsewhere"
    for posting in (theirs, 999):
        reply = await town.say(f"answer {RIGHT}", about=posting)
        refused, today = reply.effects
        assert isinstance(refused, Show)
        assert refused.card.title == "That question has closed"
        assert "return 2 * x" in str(refused.card)
        assert isinstance(today, Show)
        assert today.card.title == SQUARE.title
    assert not town.judge.judged
    assert "No verdicts yet" in (await town.say("me")).text


@pytest.mark.parametrize("said", ["answer [4, 6]", "answer", "hint yes", "solution yes"])
async def test_what_is_said_about_yesterdays_posting_shows_todays_and_counts_for_nothing(town: Town, said: str) -> None:
    await town.asks(SQUARE, DOUBLE)
    yesterday = (await town.say("today")).posting
    town.now += DAY
    reply = await town.say(said, about=yesterday)
    assert "That question has closed" in reply.text
    assert "Twice the number" in reply.last
    assert "Where you stand" not in reply.text


async def test_practice_is_closed_once_its_question_is_todays(town: Town) -> None:
    await town.asks(SQUARE, DOUBLE)
    practice = (await town.say("practice")).posting
    town.now += DAY
    reply = await town.say("solution yes", about=practice)
    assert "That question has closed" in reply.text
    assert "return 2 * x" not in reply.text


async def test_practice_goes_on_past_midnight(town: Town) -> None:
    await town.asks(SQUARE, DOUBLE, TRIPLE)
    practice = (await town.say("practice triple")).posting
    town.now += DAY
    assert "Accepted" in (await town.say("answer [4, 6]", about=practice)).last


async def test_practice_is_offered_after_solving_and_on_ones_profile(town: Town) -> None:
    await town.asks(SQUARE, DOUBLE)
    assert "practice" in verbs((await town.say("answer [4, 6]")).card)
    assert "practice" in verbs((await town.say("me")).card)


BANK = [SQUARE, DOUBLE, TRIPLE, replace(DOUBLE, id="code", level=Level.EASY, topics=("mean", "valued"))]
FILTERS = [
    ("", ["square-gradient", "double", "triple", "code"]),
    ("DOUBLE", ["double"]),
    ("code", ["double", "code"]),
    ("value", ["square-gradient", "triple"]),
    (" Hard\n", ["triple"]),
    ("chain rule", ["double", "triple"]),
    ("MEA", ["code"]),
    ("nothing", []),
    ("hard value", ["triple"]),
    ("value, chain-rules", ["triple"]),
    ("chain medium", ["double"]),
    ("easy mean code", ["code"]),
    ("hard code", []),
    ("hard nothing", []),
    ("doub", ["double"]),
]


@pytest.mark.parametrize(("said", "ids"), FILTERS)
def test_an_id_or_kinds_levels_and_parts_of_topics_together_narrow_it_down(said: str, ids: list[str]) -> None:
    assert [question.id for question in matching(BANK, said)] == ids


ORDERS = [
    ([], "code"),
    (["code"], "double"),
    (["double", "code"], "square-gradient"),
    (["triple", "code", "square-gradient", "double"], "triple"),
    (["triple", "code", "square-gradient", "double", "triple"], "code"),
]


@pytest.mark.parametrize(("practised", "chosen"), ORDERS)
def test_what_was_not_practised_comes_first_then_code_then_what_is_easy(practised: list[str], chosen: str) -> None:
    picked = choose_practice(BANK, practised)
    assert picked is not None
    assert picked.id == chosen


async def test_practice_said_again_goes_through_all_of_them_without_an_answer(town: Town) -> None:
    others = [replace(DOUBLE, id=f"other-{number}", title=f"Number {number}") for number in range(3)]
    await town.asks(SQUARE, *others)
    posting, titles = None, []
    for _ in range(4):
        shown = await town.say("practice", about=posting)
        posting = shown.posting
        titles.append(shown.card.title)
    assert titles == ["Number 0", "Number 1", "Number 2", "Number 0"]
    assert (await town.say("practice other-1", about=posting)).card.title == "Number 1"
    assert (await town.say("practice medium", about=posting)).card.title == "Number 1"


async def test_a_practice_question_shows_its_id_to_come_back_to(town: Town) -> None:
    await town.asks(SQUARE, DOUBLE)
    assert "id         double" in (await town.say("practice")).text
    assert "double" not in (await town.say("today")).text


async def test_the_next_practice_is_one_the_learner_has_not_answered(town: Town) -> None:
    await town.asks(SQUARE, DOUBLE, TRIPLE)
    first = await town.say("practice")
    assert (await town.say("practice")).posting == first.posting
    await town.say(f"answer {WRONG}", about=first.posting)
    assert "Three attempts" in (await town.say("practice")).text
    assert "Twice the number" in (await town.say("practice", "Bob")).text


GRAPH = replace(DOUBLE, id="graph", title="Of graphs", topics=("graph",))
LEAF_ONE = replace(DOUBLE, id="leaf-one", title="Of leaves", topics=("leaf",))
LEAF_TWO = replace(DOUBLE, id="leaf-two", title="More of leaves", topics=("leaf",), level=Level.HARD)
MINUTES = timedelta(minutes=1)


async def title(town: Town, said: str = "practice", about: int | None = None) -> str:
    """What is shown first: below it stands how far one is."""
    shown = (await town.say(said, about=about)).effects[0]
    assert isinstance(shown, Show)
    return shown.card.title


async def test_a_failed_topic_comes_back_ten_minutes_later_with_another_question(town: Town) -> None:
    await town.asks(SQUARE, LEAF_ONE, LEAF_TWO, GRAPH)
    await town.say("today")
    shown = await town.say("practice leaf-one")
    await town.say(f"answer {WRONG}", about=shown.posting)
    assert await title(town) == "Of graphs"
    town.now += 11 * MINUTES
    assert await title(town) == "More of leaves"


async def test_a_verdict_of_the_day_is_remembered_too_and_is_shown_by_me_once_it_is_solved(town: Town) -> None:
    await town.asks(SQUARE, GRAPH)
    assert "strength" not in (await town.say("me")).text
    await town.say("answer 5")
    assert "strength" not in (await town.say("me")).text, "the topics of a question tell much of it"
    await town.say("answer [4, 6]")
    mine = (await town.say("me")).text
    assert "leaf      ▰▱▱▱▱ shaky" in mine
    assert "in 12 hours" in mine
    assert "strength" not in (await town.say("me", "Bob")).text


async def test_who_gives_up_unsolved_sees_its_topics_and_gets_them_again_soon(town: Town) -> None:
    await town.asks(SQUARE, LEAF_ONE, GRAPH)
    await town.say("solution yes")
    await town.say("solution yes")
    assert "leaf      ▰▱▱▱▱ shaky  in 10 minutes" in (await town.say("me")).text
    town.now += 11 * MINUTES
    assert await title(town) == "Of leaves"


async def test_a_topic_that_is_known_leaves_its_place_to_new_ones_and_comes_back_days_later(town: Town) -> None:
    await town.asks(SQUARE, LEAF_ONE, LEAF_TWO, GRAPH)
    await town.say("today")
    shown = await town.say("practice leaf-one")
    assert "Accepted" in (await town.say(f"answer {RIGHT}", about=shown.posting)).last
    assert await title(town) == "Of graphs"
    town.now += 3 * DAY
    await town.say("today")
    assert (await title(town)) == "More of leaves"


async def test_answers_after_the_solution_was_seen_change_no_memory(town: Town) -> None:
    await town.asks(SQUARE, LEAF_ONE)
    shown = await town.say("practice leaf-one")
    await town.say(f"answer {RIGHT}", about=shown.posting)
    before = (await town.say("me")).text.split("date")[0]
    for _ in range(3):
        await town.say(f"answer {WRONG}", about=shown.posting)
    assert (await town.say("me")).text.split("date")[0] == before


async def test_the_next_one_is_the_most_urgent_not_the_one_after_that_which_was_answered(town: Town) -> None:
    await town.asks(SQUARE, LEAF_ONE, LEAF_TWO, GRAPH)
    await town.say("today")
    first = await town.say("practice leaf-one")
    await town.say(f"answer {WRONG}", about=first.posting)
    town.now += 11 * MINUTES
    second = await town.say("practice", about=first.posting)
    assert second.card.title == "More of leaves"
    await town.say(f"answer {RIGHT}", about=second.posting)
    assert await title(town, about=second.posting) == "Of graphs"


async def test_words_narrow_down_what_is_due(town: Town) -> None:
    await town.asks(SQUARE, LEAF_ONE, LEAF_TWO, GRAPH)
    await town.say("today")
    shown = await town.say("practice leaf-one")
    await town.say(f"answer {WRONG}", about=shown.posting)
    town.now += 11 * MINUTES
    assert await title(town, "practice medium") == "Of leaves"
    assert await title(town, "practice graph") == "Of graphs"


async def posts_elsewhere(town: Town, *questions: Question) -> None:
    """Another channel gets one of ``questions``."""
    await town.asks(*questions)
    town.channel = "side"
    await town.say("gradadmin post-now")
    town.channel = "general"


async def test_no_question_open_in_another_channel_is_practised(town: Town) -> None:
    await town.asks(SQUARE, DOUBLE, TRIPLE)
    await town.say("today")
    await posts_elsewhere(town, TRIPLE)
    await town.asks(SQUARE, DOUBLE, TRIPLE)
    assert (await town.say("today")).card.title == SQUARE.title
    shown = await town.say("practice")
    for _ in range(3):
        assert shown.card.title == "Twice the number"
        shown = await town.say("practice", about=shown.posting)
    assert "open in another channel" in (await town.say("practice triple")).text
    assert "today's question" in (await town.say("practice square-gradient")).text


async def test_help_of_practice_ends_when_its_question_is_opened_in_another_channel(town: Town) -> None:
    await town.asks(SQUARE, DOUBLE)
    practice = (await town.say("practice double")).posting
    await posts_elsewhere(town, DOUBLE)
    await town.asks(SQUARE, DOUBLE)
    assert "open in another channel" in (await town.say("practice double")).text
    refused = (await town.say("hint yes", about=practice)).text
    assert "Add it." not in refused
    assert "closed" in refused.lower()
