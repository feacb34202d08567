"""What admins type about when to post, read in any order; what cannot be read is pointed at."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.calendar import zone_called
from bot.core.planning import EVERY_DAY, WEEKDAYS, WEEKENDS, Mistyped, Plan, days_text, read_plan, read_skip, time_text
from bot.zones import zone_names

READ = [
    ("09:00 Europe/Berlin weekdays rising", Plan(540, "Europe/Berlin", WEEKDAYS, "rising")),
    ("rising weekdays europe/berlin 9:00", Plan(540, "Europe/Berlin", WEEKDAYS, "rising")),
    ("", Plan()),
    ("17:30", Plan(1050)),
    ("9am", Plan(540)),
    ("12am", Plan(0)),
    ("12:15PM", Plan(735)),
    ("0:00", Plan(0)),
    ("23.59", Plan(1439)),
    ("utc", Plan(zone="UTC")),
    ("AMERICA/ARGENTINA/BUENOS_AIRES", Plan(zone="America/Argentina/Buenos_Aires")),
    ("pacific/kiritimati", Plan(zone="Pacific/Kiritimati")),
    ("daily", Plan(days=EVERY_DAY)),
    ("weekends", Plan(days=WEEKENDS)),
    ("mon,wed,fri", Plan(days=0b0010101)),
    ("Monday", Plan(days=1)),
    ("tuesdays,thursdays", Plan(days=0b0001010)),
    ("mon-fri", Plan(days=WEEKDAYS)),
    ("fri-mon", Plan(days=0b1110001)),
    ("mon-wed,sun", Plan(days=0b1000111)),
    ("hard", Plan(mix="hard")),
]


@pytest.mark.parametrize(("text", "plan"), READ)
def test_words_are_read_in_any_order(text: str, plan: Plan) -> None:
    assert read_plan(text, zone_names()) == plan


WRONG = [
    ("25:00 Europe/Berlin", "25:00", 0, "there is no hour 25; hours go from 0 to 23"),
    ("daily 9:75", "9:75", 6, "there is no minute 75; minutes go from 0 to 59"),
    ("13pm", "13pm", 0, "there is no hour 13 pm"),
    ("9", "9", 0, "such as 09:00"),
    ("09:00 Europe/Berln", "Europe/Berln", 6, "no time zone is called so; did you mean Europe/Berlin?"),
    ("09:00 Berlin", "Berlin", 6, "did you mean Europe/Berlin?"),
    ("09:00 Middle/Earth", "Middle/Earth", 6, "no time zone is called so"),
    ("09:00 +05:30", "+05:30", 6, "an offset knows nothing of daylight saving"),
    ("09:00 UTC+2", "UTC+2", 6, "an offset knows nothing of daylight saving"),
    ("09:00 10:00", "10:00", 6, "a second time"),
    ("09:00 mon tue", "tue", 10, "a second set of days, and there can be one only; several days are one word: mon,tue"),
    ("UTC Europe/Berlin", "Europe/Berlin", 4, "a second time zone"),
    ("09:00 wekdays", "wekdays", 6, "did you mean weekdays?"),
    ("09:00 risng", "risng", 6, "did you mean rising?"),
    ("09:00 mon,xyz", "mon,xyz", 6, "no time (09:00)"),
    ("09:00 '; DROP TABLE schedule;--", "';", 6, "no time (09:00)"),
    ("09:00 ../../etc/passwd", "../../etc/passwd", 6, "no time zone is called so"),
    ("localtime", "localtime", 0, "no time (09:00)"),
]


@pytest.mark.parametrize(("text", "word", "at", "message"), WRONG)
def test_what_cannot_be_read_is_pointed_at_and_told_what_to_write(text: str, word: str, at: int, message: str) -> None:
    read = read_plan(text, zone_names())
    assert isinstance(read, Mistyped)
    assert (read.word, read.at, text[read.at : read.at + len(word)]) == (word, at, word)
    assert message in read.message


@given(st.text(max_size=200))
def test_any_text_at_all_is_a_plan_or_pointed_at(text: str) -> None:
    read = read_plan(text, zone_names())
    if isinstance(read, Mistyped):
        assert text[read.at :].startswith(read.word)
    elif read.zone is not None:
        zone_called(read.zone)


@given(st.integers(1, EVERY_DAY))
def test_a_set_of_days_is_read_as_it_is_written(mask: int) -> None:
    assert read_plan(days_text(mask), zone_names()) == Plan(days=mask)


@given(st.integers(0, 24 * 60 - 1))
def test_a_time_is_read_as_it_is_written(minutes: int) -> None:
    assert read_plan(time_text(minutes), zone_names()) == Plan(post_at=minutes)


FIRST = date(2026, 3, 10)
SKIPS = [
    ("", FIRST),
    ("1", FIRST),
    ("3", date(2026, 3, 12)),
    ("until 2026-03-20", date(2026, 3, 20)),
    (" 2026-03-10 ", FIRST),
]


@pytest.mark.parametrize(("text", "until"), SKIPS)
def test_one_day_or_several_or_all_up_to_a_date_are_skipped(text: str, until: date) -> None:
    assert read_skip(text, FIRST) == until


BAD_SKIPS = [
    ("0", "between 1 and 366 days"),
    ("99999999999999", "between 1 and 366 days"),
    ("9" * 5000, "between 1 and 366 days"),
    ("9999", "between 1 and 366 days"),
    ("2026-02-30", "there is no such date"),
    ("until 2026-03-09", "the next question is of 2026-03-10"),
    ("2099-01-01", "more than a year away"),
    ("until", "no number of days and no date"),
    ("tomorrow", "no number of days and no date"),
    ("until 3", "no number of days and no date"),
]


@pytest.mark.parametrize(("text", "message"), BAD_SKIPS)
def test_what_cannot_be_skipped_is_pointed_at(text: str, message: str) -> None:
    read = read_skip(text, FIRST)
    assert isinstance(read, Mistyped)
    assert message in read.message
    assert text[read.at :].startswith(read.word)
