from datetime import UTC, date, datetime, timedelta

import pytest

from bot.core.correcting import Meant, meant
from bot.core.health import QuestionHealth, median, nobody_solves
from bot.core.questions import Level
from bot.core.records import Window
from bot.core.scoring import (
    GAVE_UP,
    SEASON_LENGTHS,
    Attempt,
    earned,
    longest_runs,
    season_start,
    solve_cause,
    window_keys,
)

NOON = datetime(2026, 3, 9, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "means"),
    [
        ("", Meant(None, agreed=False)),
        ("yes", Meant(None, agreed=True)),
        ("7", Meant(7, agreed=False)),
        ("7 yes", Meant(7, agreed=True)),
        (" no. 12  YES! ", Meant(12, agreed=True)),
        ("yes 7", None),
        ("seven", None),
        ("-1", None),
        ("7 no", None),
        ("²", None),
        ("1" * 16, None),
        ("\0", None),
    ],
)
def test_an_admin_means_a_posting_or_says_something_else(said: str, means: Meant | None) -> None:
    assert meant(said) == means


def attempts(marks: str) -> list[Attempt]:
    """One an hour: ``x`` is right."""
    return [Attempt(n, mark == "x", NOON + timedelta(hours=n)) for n, mark in enumerate(marks, 1)]


@pytest.mark.parametrize(
    ("marks", "kind", "help_at", "points"),
    [
        ("x", "code", {}, 30),
        (".x", "code", {}, 20),
        (".xx", "code", {}, 20),
        ("..", "code", {}, -1),
        ("", "code", {}, -1),
        (".x", "code", {0: 1.5}, 16),
        (".x", "code", {0: 2.5}, 20),
        ("x", "code", {GAVE_UP: 0.5}, -1),
        ("x", "code", {GAVE_UP: 1.5}, 30),
        ("...x", "value", {}, 0),
        (".x", "value", {}, 12),
    ],
)
def test_help_counts_against_the_answers_that_come_after_it(
    marks: str, kind: str, help_at: dict[int, float], points: int
) -> None:
    used = [(index, NOON + timedelta(hours=hours)) for index, hours in help_at.items()]
    assert earned(Level.MEDIUM, kind, attempts(marks), used) == points


@pytest.mark.parametrize(
    ("days", "best", "who"),
    [
        ([], 0, ""),
        (["", ""], 0, ""),
        (["a", "a", "ab", "b"], 3, "a"),
        (["ab", "ab", "c", "c"], 2, "abc"),
        (["a", "", "a"], 1, "a"),
        (["b", "ab", "a"], 2, "ab"),
    ],
)
def test_the_longest_run_ends_at_the_first_miss(days: list[str], best: int, who: str) -> None:
    found, holders = longest_runs([list(map(ord, day)) for day in days])
    assert (found, "".join(sorted(map(chr, holders)))) == (best, who)


@pytest.mark.parametrize(
    ("months", "key", "start"),
    [
        (1, "2026-S11of12", date(2026, 11, 1)),
        (2, "2026-S6of6", date(2026, 11, 1)),
        (3, "2026-S4", date(2026, 10, 1)),
        (4, "2026-S3of3", date(2026, 9, 1)),
        (6, "2026-S2of2", date(2026, 7, 1)),
        (12, "2026-S1of1", date(2026, 1, 1)),
    ],
)
def test_a_season_is_named_by_its_length_too(months: int, key: str, start: date) -> None:
    day = date(2026, 11, 29)
    assert window_keys(day, months)[Window.SEASON] == key
    assert season_start(day, months) == start
    assert len(key) <= 16


def test_no_two_seasons_of_any_length_share_a_name() -> None:
    days = [date(2026, 1, 1) + timedelta(number) for number in range(365)]
    keys = [{window_keys(day, months)[Window.SEASON] for day in days} for months in SEASON_LENGTHS]
    assert [len(each) for each in keys] == [12 // months for months in SEASON_LENGTHS]
    assert sum(map(len, keys)) == len(set().union(*keys))


@pytest.mark.parametrize(
    ("counts", "middle"), [({}, None), ({3: 1}, 3), ({1: 1, 2: 1}, 1.5), ({1: 3, 9: 2}, 1), ({1: 2, 4: 2}, 2.5)]
)
def test_the_median_of_counted_values(counts: dict[int, int], middle: float | None) -> None:
    assert median(counts) == middle


def test_a_question_nobody_answered_has_neither_rate_nor_median() -> None:
    fresh = QuestionHealth("q", "Q", 1, 0, 0, {}, {})
    assert (fresh.solve_rate, fresh.median_attempts, fresh.commonest) == (None, None, None)
    assert QuestionHealth("q", "Q", 1, 2, 1, {1: 2}, {"b": 2, "a": 2}).commonest == ("a", 2)


def test_it_takes_ten_answers_of_three() -> None:
    assert nobody_solves(10, 3)
    assert not nobody_solves(9, 3)
    assert not nobody_solves(90, 2)


def test_a_solution_taken_back_may_be_earned_again_under_another_cause() -> None:
    assert [solve_cause(revoked) for revoked in range(3)] == ["solve", "solve:1", "solve:2"]
