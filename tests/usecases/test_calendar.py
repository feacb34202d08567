from datetime import UTC, date, datetime

import pytest

from bot.core.calendar import choose_question, local_date

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
    assert choose_question(current, asked) == chosen


DATES = [("Europe/Berlin", date(2026, 3, 10)), ("UTC", date(2026, 3, 9)), ("America/Los_Angeles", date(2026, 3, 9))]


@pytest.mark.parametrize(("zone", "expected"), DATES)
def test_the_local_date_is_that_of_the_zone(zone: str, expected: date) -> None:
    assert local_date(datetime(2026, 3, 9, 23, 30, tzinfo=UTC), zone) == expected


@pytest.mark.parametrize("zone", ["Middle/Earth", "../../etc/passwd", "", "Europe"])
def test_an_unknown_zone_is_a_value_error(zone: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        local_date(datetime(2026, 3, 9, tzinfo=UTC), zone)
