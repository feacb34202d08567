"""When a schedule posts: literal expectations around changes of the clock, and rules that hold whatever the zone."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.calendar import Fire, Lateness, exists, instant, lateness, local_date, next_fire, turn
from bot.core.records import Schedule

DAY = timedelta(days=1)
ZONES = [
    "Pacific/Kiritimati",  # +14
    "Etc/GMT+12",  # -12
    "Asia/Kolkata",  # +5:30
    "Asia/Kathmandu",  # +5:45
    "Australia/Lord_Howe",  # shifts by half an hour
    "America/St_Johns",  # -3:30, with daylight saving
    "Africa/Casablanca",  # goes back for Ramadan
    "Europe/Berlin",
    "Europe/London",
    "America/New_York",
    "America/Sao_Paulo",
    "America/Nuuk",  # its gap reaches midnight
    "Africa/Cairo",  # its gap begins at midnight
    "Pacific/Chatham",  # +12:45, with daylight saving
    "Pacific/Apia",  # skipped a day in 2011
    "UTC",
]


def schedule(at: str, zone: str, days: int = 0b1111111, **more: object) -> Schedule:
    hours, minutes = map(int, at.split(":"))
    return Schedule(1, 1, "general", zone, 60 * hours + minutes, days, **more)  # type: ignore[arg-type]


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


DATES = [("Europe/Berlin", date(2026, 3, 10)), ("UTC", date(2026, 3, 9)), ("America/Los_Angeles", date(2026, 3, 9))]


@pytest.mark.parametrize(("zone", "expected"), DATES)
def test_the_local_date_is_that_of_the_zone(zone: str, expected: date) -> None:
    assert local_date(datetime(2026, 3, 9, 23, 30, tzinfo=UTC), zone) == expected


@pytest.mark.parametrize("zone", ["Middle/Earth", "../../etc/passwd", "", "Europe"])
def test_an_unknown_zone_is_a_value_error(zone: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        local_date(datetime(2026, 3, 9, tzinfo=UTC), zone)
    with pytest.raises(ValueError, match=r"."):
        next_fire(schedule("09:00", zone), datetime(2026, 3, 9, tzinfo=UTC))


# Where the wall clock jumps over the time, the first minute after the gap; where it comes twice, the first.
FIRES = [
    ("09:00", "Pacific/Kiritimati", "2026-03-09T12:00", "2026-03-10", "2026-03-09T19:00"),
    ("09:00", "Etc/GMT+12", "2026-03-09T12:00", "2026-03-09", "2026-03-09T21:00"),
    ("09:00", "Asia/Kolkata", "2026-03-09T12:00", "2026-03-10", "2026-03-10T03:30"),
    ("09:00", "Asia/Kathmandu", "2026-03-09T12:00", "2026-03-10", "2026-03-10T03:15"),
    ("09:00", "America/St_Johns", "2026-03-09T12:00", "2026-03-10", "2026-03-10T11:30"),
    ("09:00", "Pacific/Chatham", "2026-03-09T12:00", "2026-03-10", "2026-03-09T19:15"),
    # Berlin: 02:00 to 03:00 is skipped on 29 March, and comes twice on 25 October.
    ("01:59", "Europe/Berlin", "2026-03-28T12:00", "2026-03-29", "2026-03-29T00:59"),
    ("02:00", "Europe/Berlin", "2026-03-28T12:00", "2026-03-29", "2026-03-29T01:00"),
    ("02:30", "Europe/Berlin", "2026-03-28T12:00", "2026-03-29", "2026-03-29T01:00"),
    ("03:00", "Europe/Berlin", "2026-03-28T12:00", "2026-03-29", "2026-03-29T01:00"),
    ("02:30", "Europe/Berlin", "2026-10-24T12:00", "2026-10-25", "2026-10-25T00:30"),
    ("09:00", "Europe/Berlin", "2026-03-28T12:00", "2026-03-29", "2026-03-29T07:00"),
    ("09:00", "Europe/Berlin", "2026-10-24T12:00", "2026-10-25", "2026-10-25T08:00"),
    ("01:30", "Europe/London", "2026-03-28T12:00", "2026-03-29", "2026-03-29T01:00"),
    ("02:30", "America/New_York", "2026-03-07T12:00", "2026-03-08", "2026-03-08T07:00"),
    ("01:30", "America/New_York", "2026-10-31T12:00", "2026-11-01", "2026-11-01T05:30"),
    # Lord Howe: 02:00 to 02:30 is skipped on 4 October; 01:30 to 02:00 comes twice on 5 April.
    ("02:15", "Australia/Lord_Howe", "2026-10-03T12:00", "2026-10-04", "2026-10-03T15:30"),
    ("02:30", "Australia/Lord_Howe", "2026-10-03T12:00", "2026-10-04", "2026-10-03T15:30"),
    ("01:45", "Australia/Lord_Howe", "2026-04-04T12:00", "2026-04-05", "2026-04-04T14:45"),
    ("09:00", "Australia/Lord_Howe", "2026-04-04T12:00", "2026-04-05", "2026-04-04T22:30"),
    # St John's: 02:00 to 03:00 is skipped on 8 March.
    ("02:30", "America/St_Johns", "2026-03-07T12:00", "2026-03-08", "2026-03-08T05:30"),
    # Casablanca: back by an hour at 03:00 on 15 February, forward at 02:00 on 22 March, for Ramadan.
    ("02:30", "Africa/Casablanca", "2026-02-14T12:00", "2026-02-15", "2026-02-15T01:30"),
    ("02:30", "Africa/Casablanca", "2026-03-21T12:00", "2026-03-22", "2026-03-22T02:00"),
    # Cairo: 00:00 to 01:00 is skipped on 24 April.
    ("00:00", "Africa/Cairo", "2026-04-23T12:00", "2026-04-24", "2026-04-23T22:00"),
    # Nuuk: 23:00 to midnight is skipped on 28 March; Saturday's question then comes with Sunday's first minute.
    ("23:30", "America/Nuuk", "2026-03-28T12:00", "2026-03-28", "2026-03-29T01:00"),
    ("23:30", "America/Nuuk", "2026-03-29T01:00", "2026-03-29", "2026-03-30T00:30"),
    # Apia: there was no 30 December 2011.
    ("09:00", "Pacific/Apia", "2011-12-29T20:00", "2011-12-31", "2011-12-30T19:00"),
]


@pytest.mark.parametrize(("at", "zone", "after", "day", "due"), FIRES)
def test_a_question_is_due_when_the_clock_on_the_wall_shows_its_time(
    at: str, zone: str, after: str, day: str, due: str
) -> None:
    assert next_fire(schedule(at, zone), utc(after)) == Fire(date.fromisoformat(day), utc(due))


@pytest.mark.parametrize("zone", ZONES)
def test_in_a_year_and_more_every_day_has_one_question_at_its_time_or_right_after_a_gap(zone: str) -> None:
    daily, place = schedule("02:15", zone), ZoneInfo(zone)
    after, days = utc("2026-01-01T00:00"), []
    while len(days) < 400:
        fire = next_fire(daily, after)
        assert fire is not None
        wall = fire.at.astimezone(place)
        if (wall.hour, wall.minute) != (2, 15):
            before = (fire.at - timedelta(minutes=1)).astimezone(place).replace(tzinfo=None)
            assert before < datetime.combine(fire.day, datetime.min.time()) + timedelta(hours=2, minutes=15)
            assert wall.replace(tzinfo=None) - before > timedelta(minutes=1)
        days.append(fire.day)
        after = fire.at
    assert days == [days[0] + number * DAY for number in range(400)]


def test_a_hundred_schedules_are_simulated_over_400_days_in_seconds() -> None:
    begun, fires = time.perf_counter(), 0
    for number in range(100):
        one = schedule(f"{number % 24:02}:{number % 60:02}", ZONES[number % len(ZONES)])
        after = utc("2026-01-01T00:00")
        for _ in range(400):
            fire = next_fire(one, after)
            assert fire is not None
            after = fire.at
            fires += 1
    assert (fires, time.perf_counter() - begun < 20) == (40_000, True)


def test_only_the_days_that_were_chosen_have_a_question() -> None:
    weekdays = schedule("09:00", "Europe/Berlin", 0b0011111)
    friday = next_fire(weekdays, utc("2026-03-12T12:00"))
    assert friday == Fire(date(2026, 3, 13), utc("2026-03-13T08:00"))
    assert next_fire(weekdays, friday.at) == Fire(date(2026, 3, 16), utc("2026-03-16T08:00"))


def test_a_schedule_that_is_paused_or_has_no_time_or_no_day_never_posts() -> None:
    now = utc("2026-03-09T12:00")
    assert next_fire(schedule("09:00", "UTC", paused=True), now) is None
    assert next_fire(schedule("09:00", "UTC", 0), now) is None
    assert next_fire(Schedule(1, 1, "general", "UTC"), now) is None


def test_what_is_skipped_is_skipped_up_to_its_last_day() -> None:
    skipping = schedule("09:00", "UTC", skip_until=date(2026, 3, 11))
    assert next_fire(skipping, utc("2026-03-09T12:00")) == Fire(date(2026, 3, 12), utc("2026-03-12T09:00"))


LATE = [
    (timedelta(seconds=-1), Lateness.NOT_DUE),
    (timedelta(0), Lateness.ON_TIME),
    (timedelta(minutes=5), Lateness.ON_TIME),
    (timedelta(minutes=5, seconds=1), Lateness.LATE),
    (timedelta(hours=6), Lateness.LATE),
    (timedelta(hours=6, seconds=1), Lateness.MISSED),
]


@pytest.mark.parametrize(("late", "expected"), LATE)
def test_what_was_missed_is_posted_late_within_six_hours_and_skipped_after_that(
    late: timedelta, expected: Lateness
) -> None:
    assert lateness(utc("2026-03-09T09:00"), utc("2026-03-09T09:00") + late) is expected


def test_of_several_days_that_were_missed_only_the_last_can_still_be_posted() -> None:
    daily = schedule("09:00", "UTC", next_at=utc("2026-03-06T09:00"))
    found = turn(daily, utc("2026-03-09T10:00"))
    assert found.post == Fire(date(2026, 3, 9), utc("2026-03-09T09:00"))
    assert [fire.day for fire in found.missed] == [date(2026, 3, day) for day in (6, 7, 8)]
    found = turn(daily, utc("2026-03-08T16:00"))
    assert (found.post, len(found.missed)) == (None, 3)


def test_nothing_is_due_before_its_time_nor_on_a_schedule_that_does_not_post() -> None:
    assert turn(schedule("09:00", "UTC", next_at=utc("2026-03-09T09:00")), utc("2026-03-09T08:59")).post is None
    assert turn(Schedule(1, 1, "general", "UTC"), utc("2026-03-09T09:00")).post is None


def test_a_time_computed_by_other_rules_of_the_zone_still_stands_for_its_day() -> None:
    moved = schedule("09:00", "Europe/Berlin", next_at=utc("2026-03-30T08:00"))  # as if there were no summer time
    found = turn(moved, utc("2026-03-30T08:00"))
    assert found.post == Fire(date(2026, 3, 30), utc("2026-03-30T07:00"))


@settings(max_examples=400, deadline=None)
@given(
    st.sampled_from(ZONES),
    st.integers(0, 24 * 60 - 1),
    st.integers(1, 0b1111111),
    st.datetimes(datetime(2011, 6, 1), datetime(2037, 1, 1)),
)
def test_the_next_time_is_later_on_an_allowed_day_and_at_the_right_wall_time_unless_there_is_a_gap(
    zone: str, minutes: int, days: int, after: datetime
) -> None:
    after, place = after.replace(tzinfo=UTC), ZoneInfo(zone)
    found = next_fire(Schedule(1, 1, "general", zone, minutes, days), after)
    assert found is not None
    assert found.at > after
    assert days >> found.day.weekday() & 1
    meant = datetime.combine(found.day, datetime.min.time()) + timedelta(minutes=minutes)
    wall = found.at.astimezone(place)
    if wall.replace(tzinfo=None) != meant:
        before = (found.at - timedelta(seconds=1)).astimezone(place).replace(tzinfo=None)
        assert before < meant < wall.replace(tzinfo=None)
    else:
        assert wall.fold == 0
    # No allowed day in between is left out.
    day = local_date(after, zone) + DAY
    while day < found.day:
        assert not days >> day.weekday() & 1 or not exists(day, place) or instant(day, minutes, place) <= after
        day += DAY
