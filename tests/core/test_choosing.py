"""Whose turn it is: queued first, then the level of the day, then what needs least of what was never met."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from graphlib import TopologicalSorter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.authoring.loading import load_folder
from bot.core.choosing import BEFORE, MIXES, level_on, turns, unasked
from bot.core.questions import Level, Question, ValueTask

MONDAY = date(2026, 3, 9)
DAY = timedelta(days=1)
PLAIN = Question("q", "Q", Level.EASY, (), "?", ValueTask("", "1", "1"), (), (), "!")
BANK = [question for question, _ in load_folder(Path(__file__).parents[2] / "questions").questions]


def bank(*ids: str, level: Level = Level.EASY, topics: Sequence[str] = ()) -> list[Question]:
    return [replace(PLAIN, id=identity, level=level, topics=tuple(topics)) for identity in ids]


def first(questions: Sequence[Question], asked: Sequence[str], *queued: str, level: Level | None = None) -> str | None:
    return next(iter(turns(questions, asked, queued, level)), None)


CHOICES = [
    (["a", "square-gradient", "z"], [], "square-gradient"),
    (["b", "a"], [], "a"),
    (["a", "b", "square-gradient"], ["square-gradient"], "a"),
    (["a", "b"], ["a"], "b"),
    (["a", "b"], ["b", "a"], "b"),
    (["a", "b", "c"], ["b", "a", "c", "b"], "a"),
    (["a", "b", "new"], ["b", "a", "b"], "new"),
    (["a"], ["gone", "a"], "a"),
    ([], ["a"], None),
]


@pytest.mark.parametrize(("current", "asked", "chosen"), CHOICES)
def test_nothing_is_repeated_until_all_was_asked_then_the_longest_ago_comes_next(
    current: list[str], asked: list[str], chosen: str | None
) -> None:
    assert first(bank(*current), asked) == chosen


def test_what_was_queued_comes_first_in_its_order_even_if_it_was_asked_before() -> None:
    assert turns(bank("a", "b", "c"), ["c"], ("c", "gone", "b")) == ("c", "b")
    assert first(bank("a", "square-gradient"), [], "a") == "a"


def test_a_question_of_the_level_of_the_day_comes_first_where_one_is_left() -> None:
    some = [*bank("a"), *bank("b", level=Level.MEDIUM), *bank("c", level=Level.HARD)]
    assert [first(some, ["x"], level=level) for level in (*Level, None)] == ["a", "b", "c", "a"]
    assert turns(some, ["c"], (), Level.HARD) == ("b", "a")


def test_a_topic_comes_after_those_it_builds_on_while_there_are_questions_about_them() -> None:
    detach, graph = bank("a", topics=["detach"]), bank("z", topics=["graph"])
    assert first([*detach, *graph], ["x"]) == "z"
    assert first([*detach, *graph], ["x", "z"]) == "a"
    assert first(detach, ["x"]) == "a"


def test_the_level_of_the_day_weighs_more_than_what_comes_before_what() -> None:
    hooks, leaf = bank("hooks", level=Level.HARD, topics=["hooks"]), bank("graph", topics=["graph"])
    assert first([*hooks, *leaf], ["x"], level=Level.HARD) == "hooks"


def test_no_topic_comes_before_itself_and_all_are_those_of_our_questions() -> None:
    assert list(TopologicalSorter({topic: set(before) for topic, before in BEFORE.items()}).static_order())
    topics = {topic for question in BANK for topic in question.topics}
    assert {*BEFORE, *(topic for before in BEFORE.values() for topic in before)} <= topics


def test_a_mix_rises_from_an_easy_monday_to_a_hard_friday() -> None:
    assert [level_on(MONDAY + number * DAY, "rising") for number in range(5)] == [
        Level.EASY,
        Level.EASY,
        Level.MEDIUM,
        Level.MEDIUM,
        Level.HARD,
    ]
    assert {len(days) for days in MIXES.values()} == {7}
    assert level_on(MONDAY, "any") is None
    assert level_on(MONDAY, "a mix of another version") is None


@pytest.mark.parametrize("mix", MIXES)
def test_our_bank_is_gone_through_before_anything_is_repeated_whatever_the_mix(mix: str) -> None:
    asked: list[str] = []
    for number in range(2 * len(BANK)):
        asked.append(turns(BANK, asked, (), level_on(MONDAY + number * DAY, mix))[0])
    assert len(set(asked[: len(BANK)])) == len(BANK)
    assert asked[0] == "square-gradient"
    # Afterwards half of the bank lies between a question and its return.
    gaps = [len(asked[:turn]) - 1 - asked[:turn][::-1].index(asked[turn]) for turn in range(len(BANK), 2 * len(BANK))]
    assert min(turn - gap for turn, gap in zip(range(len(BANK), 2 * len(BANK)), gaps, strict=True)) >= len(BANK) // 2


def test_in_a_rising_week_the_first_questions_have_the_level_of_their_day() -> None:
    asked: list[str] = ["square-gradient"]
    levels = {question.id: question.level for question in BANK}
    for number in range(1, 5):
        asked.append(turns(BANK, asked, (), level_on(MONDAY + number * DAY, "rising"))[0])
    assert [levels[identity] for identity in asked[1:]] == [Level.EASY, Level.MEDIUM, Level.MEDIUM, Level.HARD]


IDS = st.lists(st.sampled_from("abcdefg"), unique=True)


@given(IDS, st.lists(st.sampled_from("abcdefgh"), max_size=30), IDS, st.sampled_from([None, *Level]))
def test_there_is_a_turn_whenever_there_is_a_question(
    current: list[str], asked: list[str], queued: list[str], level: Level | None
) -> None:
    found = turns(bank(*current), asked, queued, level)
    assert bool(found) == bool(current)
    assert set(found) <= set(current)
    fresh = set(current) - set(asked)
    if fresh and not set(queued) & set(current):
        assert set(found) <= fresh


def test_what_was_never_asked_is_counted() -> None:
    assert unasked(bank("a", "b", "c"), ["b", "gone"]) == 2


def test_the_page_about_the_calendar_has_every_mix_as_it_is() -> None:
    page = (Path(__file__).parents[2] / "docs/calendar.md").read_text()
    rows = [line.strip("| ").split(" | ") for line in page.splitlines() if line.startswith("| `")]
    told = {row[0].strip("`"): tuple(None if day == "as it comes" else Level(day) for day in row[1:]) for row in rows}
    assert told == dict(MIXES)
