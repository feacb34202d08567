"""Which outages excuse a posting, by the rule in docs/decisions.md."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.uptime import Span, is_excused, silence

NOON = datetime(2026, 3, 9, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def span(began: float, ended: float) -> Span:
    return Span(NOON + began * HOUR, NOON + ended * HOUR)


CASES = [
    ([], False),
    ([(0, 5.9)], False),
    ([(0, 6)], True),
    ([(-9, 6)], True),
    ([(1, 3), (5, 7), (8, 9.9)], False),
    ([(1, 3), (5, 7), (8, 10)], True),
    ([(1, 4), (2, 5), (2, 6.9)], False),  # overlapping ones are counted once
    ([(23, 23.4)], False),
    ([(23.5, 24)], True),
    ([(23.5, 30)], True),
    ([(24, 48)], False),
    ([(-5, 0)], False),
]


@pytest.mark.parametrize(("outages", "excused"), CASES)
def test_a_quarter_of_the_day_or_half_of_the_last_hour_excuses(
    outages: list[tuple[float, float]], excused: bool
) -> None:
    assert is_excused(NOON, NOON + 24 * HOUR, [span(*outage) for outage in outages]) is excused


def test_a_posting_that_was_never_open_is_not_excused() -> None:
    assert not is_excused(NOON, NOON, [span(-1, 1)])


@given(st.lists(st.tuples(st.floats(-5, 30), st.floats(0, 10)), max_size=6), st.floats(0.01, 30))
def test_more_outages_never_excuse_less(outages: list[tuple[float, float]], length: float) -> None:
    spans = [span(began, began + lasts) for began, lasts in outages]
    closed = NOON + length * HOUR
    for number in range(len(spans)):
        if is_excused(NOON, closed, spans[:number]):
            assert is_excused(NOON, closed, spans[: number + 1])


def test_signs_of_life_far_apart_mean_an_outage_and_a_clock_set_back_does_not() -> None:
    assert silence(None, NOON) is None
    assert silence(NOON - timedelta(minutes=5), NOON) is None
    assert silence(NOON + HOUR, NOON) is None
    assert silence(NOON - HOUR, NOON) == Span(NOON - HOUR, NOON)
