from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.core.cards import Note, Table
from bot.core.memory import Recall, Recollection, Strength, by_strength, recall_of, strength
from bot.core.practice import Learned, choose_practice
from bot.core.presenting.topics import MOST_TOPICS, due_text, topic_blocks
from bot.core.questions import Level, Question, ValueTask
from bot.core.records import Progress

NOON = datetime(2026, 3, 9, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
EASY, MEDIUM, HARD = Level
NEVER = Progress()
HINTED, SOLVED, GAVE_UP = Progress(hints_used=1), Progress(solved=True), Progress(gave_up=True)

RATINGS = [
    (EASY, 1, NEVER, True, Recall.GOOD),
    (MEDIUM, 1, NEVER, True, Recall.GOOD),
    (HARD, 1, NEVER, True, Recall.EASY),
    (HARD, 1, HINTED, True, Recall.HARD),
    (EASY, 2, NEVER, True, Recall.HARD),
    (HARD, 9, HINTED, True, Recall.HARD),
    (EASY, 1, NEVER, False, Recall.AGAIN),
    (HARD, 1, HINTED, False, Recall.AGAIN),
    (EASY, 2, NEVER, False, None),
    (HARD, 10, NEVER, False, None),
    (EASY, 2, SOLVED, True, None),
    (EASY, 2, SOLVED, False, None),
    (EASY, 1, GAVE_UP, True, None),
    (EASY, 1, GAVE_UP, False, None),
]


@pytest.mark.parametrize(("level", "attempt", "before", "accepted", "rated"), RATINGS)
def test_a_verdict_rates_the_topics_of_its_question(
    level: Level, attempt: int, before: Progress, accepted: bool, rated: Recall | None
) -> None:
    assert recall_of(level, attempt, before, accepted=accepted) is rated


def recollection(topic: str, due: timedelta = DAY, *, lasts: float = 5.0, failed: bool = False) -> Recollection:
    return Recollection(topic, NOON + due, NOON - DAY, failed, lasts)


STRENGTHS = [
    (0.2, False, Strength.SHAKY),
    (0.99, False, Strength.SHAKY),
    (1, False, Strength.FRESH),
    (2.3, False, Strength.FRESH),
    (3, False, Strength.FAIR),
    (10, False, Strength.GOOD),
    (29.9, False, Strength.GOOD),
    (30, False, Strength.STRONG),
    (4000, False, Strength.STRONG),
    (4000, True, Strength.SHAKY),
]


@pytest.mark.parametrize(("lasts", "failed", "found"), STRENGTHS)
def test_a_topic_is_as_strong_as_its_memory_lasts(lasts: float, failed: bool, found: Strength) -> None:
    assert strength(recollection("leaf", lasts=lasts, failed=failed)) is found


def test_the_weakest_topics_are_listed_first_and_how_many_more_there_are() -> None:
    known = by_strength([recollection(f"t{number:02}", lasts=number) for number in range(40, 0, -4)])
    table, more = topic_blocks(known, NOON)
    assert isinstance(table, Table)
    assert table.rows[:2] == (("t04", "▰▰▰▱▱ fair", "in 1 day"), ("t08", "▰▰▰▱▱ fair", "in 1 day"))
    assert len(table.rows) == MOST_TOPICS
    assert more == Note("… and 2 stronger topics.")
    assert topic_blocks((), NOON) == ()


DUES = [
    (-DAY, "now"),
    (timedelta(), "now"),
    (timedelta(seconds=1), "in 1 minute"),
    (timedelta(minutes=10), "in 10 minutes"),
    (HOUR, "in 1 hour"),
    (12 * HOUR + timedelta(minutes=5), "in 12 hours"),
    (20 * HOUR, "in 1 day"),
    (47 * HOUR, "in 2 days"),
    (59 * DAY, "in 59 days"),
    (60 * DAY, "in 2 months"),
]


@pytest.mark.parametrize(("left", "said"), DUES)
def test_when_a_topic_is_due_is_said_in_words(left: timedelta, said: str) -> None:
    assert due_text(left) == said


def question(name: str, *topics: str, level: Level = EASY) -> Question:
    return Question(name, name, level, topics, "?", ValueTask("x = 1", "x", "1"), (), (), "")


BANK = [
    question("leaf-1", "leaf"),
    question("leaf-2", "leaf", level=HARD),
    question("graph-1", "graph"),
    question("both", "graph", "leaf", level=MEDIUM),
    question("new-1", "matmul"),
    question("new-2", "chain-rule", level=HARD),
]


def chosen(*known: Recollection, lately: tuple[str, ...] = (), practised: tuple[str, ...] = ()) -> str:
    learned = Learned(NOON, {each.topic: each for each in known}, frozenset(lately))
    found = choose_practice(BANK, practised, learned=learned)
    assert found is not None
    return found.id


LEAF_DUE = recollection("leaf", -HOUR)
GRAPH_DUE = recollection("graph", -DAY)
LEAF_KNOWN, GRAPH_KNOWN = (recollection(topic) for topic in ("leaf", "graph"))
DRAWN = [
    ((), (), (), "graph-1", "with nothing remembered it is as before: what is easy first, by id"),
    ((LEAF_DUE, GRAPH_KNOWN), (), (), "leaf-1", "what is due comes before what is new"),
    ((LEAF_DUE, GRAPH_KNOWN), (), ("leaf-1", "both"), "leaf-2", "of a topic, what was not practised yet"),
    ((LEAF_DUE, GRAPH_DUE), (), (), "graph-1", "what is due longest"),
    ((replace(LEAF_DUE, failed=True), GRAPH_DUE), (), (), "leaf-1", "what was failed, before what is due longer"),
    ((LEAF_DUE, GRAPH_KNOWN), ("leaf-1",), (), "both", "not what was solved a moment ago"),
    ((LEAF_DUE, GRAPH_KNOWN), ("leaf-1", "both", "leaf-2"), (), "new-2", "then what is new"),
    ((LEAF_KNOWN, GRAPH_KNOWN), (), (), "new-2", "of what is new, that which needs nothing unknown"),
    ((LEAF_KNOWN, GRAPH_KNOWN, recollection("chain-rule")), (), (), "new-1", "once its prerequisite is known"),
]


@pytest.mark.parametrize(("known", "lately", "practised", "drawn", "because"), DRAWN)
def test_what_is_most_urgent_is_drawn(
    known: tuple[Recollection, ...], lately: tuple[str, ...], practised: tuple[str, ...], drawn: str, because: str
) -> None:
    assert chosen(*known, lately=lately, practised=practised) == drawn, because


def test_asked_again_and_again_it_goes_through_everything_from_the_most_urgent_on() -> None:
    learned = Learned(NOON, {"leaf": LEAF_DUE, "graph": GRAPH_DUE})
    seen, view = [], ""
    for _ in BANK:
        found = choose_practice(BANK, [], view, learned)
        assert found is not None
        view = found.id
        seen.append(view)
    assert seen[:4] == ["graph-1", "both", "leaf-1", "leaf-2"]
    assert sorted(seen) == sorted(each.id for each in BANK)
