from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.questions import Level
from bot.core.records import AnsweredPosting, Window
from bot.core.scoring import attempts_left, hint_cost, points_for, streak, window_keys

FIRST = date(2024, 12, 20)


@pytest.mark.parametrize(
    ("level", "kind", "attempt", "hints", "gave_up", "points"),
    [
        (Level.EASY, "code", 1, 0, False, 15),
        (Level.EASY, "code", 2, 0, False, 10),
        (Level.EASY, "code", 99, 0, False, 10),
        (Level.MEDIUM, "code", 1, 0, False, 30),
        (Level.MEDIUM, "code", 1, 2, False, 22),
        (Level.HARD, "code", 2, 1, False, 24),
        (Level.HARD, "code", 2, 5, False, 0),
        (Level.HARD, "code", 2, 9, False, 0),
        (Level.HARD, "code", 1, 9, False, 15),
        (Level.EASY, "value", 1, 0, False, 10),
        (Level.EASY, "value", 2, 0, False, 6),
        (Level.EASY, "value", 3, 0, False, 3),
        (Level.EASY, "value", 3, 1, False, 1),
        (Level.EASY, "value", 3, 2, False, 0),
        (Level.EASY, "value", 4, 0, False, 0),
        (Level.HARD, "value", 2, 0, False, 18),
        (Level.HARD, "value", 2, 2, False, 6),
        (Level.HARD, "choice", 1, 0, False, 30),
        (Level.EASY, "choice", 1, 2, False, 6),
        (Level.EASY, "choice", 1, 9, False, 0),
        (Level.HARD, "choice", 2, 0, False, 0),
        (Level.HARD, "choice", 1, 0, True, 0),
        (Level.HARD, "code", 1, 0, True, 0),
        (Level.HARD, "value", 1, 0, True, 0),
    ],
)
def test_points_follow_the_table(level: Level, kind: str, attempt: int, hints: int, gave_up: bool, points: int) -> None:
    assert points_for(level, kind, attempt, hints, gave_up) == points


@given(st.sampled_from(Level), st.sampled_from(["code", "value", "choice"]), st.integers(1, 6), st.integers(0, 9))
def test_another_attempt_or_hint_never_earns_more(level: Level, kind: str, attempt: int, hints: int) -> None:
    points = points_for(level, kind, attempt, hints, False)
    assert 0 <= points_for(level, kind, attempt + 1, hints, False) <= points
    assert 0 <= points - points_for(level, kind, attempt, hints + 1, False) <= hint_cost(level)


@pytest.mark.parametrize(
    ("kind", "attempts", "left"),
    [("value", 0, 3), ("value", 2, 1), ("value", 5, 0), ("choice", 0, 1), ("choice", 2, 0), ("code", 5, None)],
)
def test_attempts_at_a_value_or_a_choice_run_out(kind: str, attempts: int, left: int | None) -> None:
    assert attempts_left(kind, attempts) == left


def postings(marks: str) -> list[AnsweredPosting]:
    """One posting a day: ``x`` answered, ``.`` missed, ``v`` void and missed, ``V`` void and answered."""
    days = enumerate(marks)
    return [AnsweredPosting(FIRST + timedelta(day), mark in "xV", void=mark in "vV") for day, mark in days]


@pytest.mark.parametrize(
    ("marks", "current", "best", "freezes", "frozen"),
    [
        ("", 0, 0, 0, ""),
        ("x", 1, 1, 0, ""),
        ("xxx", 3, 3, 0, ""),
        ("xx.x", 1, 2, 0, ""),
        ("xx.", 2, 2, 0, ""),
        ("xx..", 0, 2, 0, ""),
        ("...", 0, 0, 0, ""),
        ("xxvx", 3, 3, 0, ""),
        ("xxVx", 3, 3, 0, ""),
        ("xx.v", 0, 2, 0, ""),
        ("x" * 7, 7, 7, 1, ""),
        ("x" * 7 + ".x", 8, 8, 0, "7"),
        ("x" * 7 + "..x", 1, 7, 0, "7"),
        ("x" * 7 + ".x.x", 1, 8, 0, "7"),
        ("x" * 14, 14, 14, 2, ""),
        ("x" * 21, 21, 21, 2, ""),
        ("x" * 14 + "..x", 15, 15, 0, "14 15"),
        ("x" * 14 + "...x", 1, 14, 0, "14 15"),
        ("xxx..xxxx.x", 5, 5, 0, "9"),
        (".......xxxxxxx", 7, 7, 1, ""),
    ],
)
def test_a_streak_counts_answered_postings_and_spends_freezes(
    marks: str, current: int, best: int, freezes: int, frozen: str
) -> None:
    found = streak(postings(marks), FIRST + timedelta(len(marks)))
    assert (found.current, found.best, found.freezes) == (current, best, freezes)
    assert found.frozen == tuple(FIRST + timedelta(int(day)) for day in frozen.split())


def test_fridays_posting_is_still_open_on_sunday() -> None:
    friday = AnsweredPosting(date(2025, 1, 3), answered=False)
    thursday = AnsweredPosting(date(2025, 1, 2), answered=True)
    assert streak([thursday, friday], date(2025, 1, 5)).current == 1


@pytest.mark.parametrize(
    ("day", "week", "month", "season"),
    [
        (date(2024, 12, 29), "2024-W52", "2024-12", "2024-S4"),
        (date(2024, 12, 30), "2025-W01", "2024-12", "2024-S4"),
        (date(2025, 1, 1), "2025-W01", "2025-01", "2025-S1"),
        (date(2021, 1, 3), "2020-W53", "2021-01", "2021-S1"),
        (date(2021, 1, 4), "2021-W01", "2021-01", "2021-S1"),
        (date(2025, 3, 31), "2025-W14", "2025-03", "2025-S1"),
        (date(2025, 4, 1), "2025-W14", "2025-04", "2025-S2"),
        (date(2025, 9, 30), "2025-W40", "2025-09", "2025-S3"),
        (date(2025, 12, 31), "2026-W01", "2025-12", "2025-S4"),
    ],
)
def test_windows_are_named_by_iso_week_month_and_quarter(day: date, week: str, month: str, season: str) -> None:
    assert window_keys(day) == {
        Window.DAY: day.isoformat(),
        Window.WEEK: week,
        Window.MONTH: month,
        Window.SEASON: season,
        Window.ALL: "all",
    }
