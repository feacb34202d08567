"""Sixty days of the year that docs/a-year.md tells of: those in which all three places change their clocks."""

from __future__ import annotations

import asyncio
import itertools
import sqlite3
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from bench.year.bank import bank
from bench.year.fate import skipped
from bench.year.people import PLACES, Place
from bench.year.recap import recap
from bench.year.story import Year, begin, live
from bench.year.world import world_at
from bot.core.scoring import window_keys

FIRST, DAYS = date(2026, 2, 10), 60
DAY = timedelta(days=1)
DATES = [FIRST + number * DAY for number in range(DAYS)]
AT: dict[str, list[tuple[date, str, str]]] = {
    "Berlin study circle": [
        (date(2026, 3, 28), "08:00", "09:00"),
        (date(2026, 3, 29), "07:00", "09:00"),
    ],
    "New York interviews": [
        (date(2026, 3, 7), "07:30", "02:30"),
        (date(2026, 3, 8), "07:00", "03:00"),
        (date(2026, 3, 9), "06:30", "02:30"),
    ],
    "Lord Howe reading group": [
        (date(2026, 4, 4), "14:45", "01:45"),
        (date(2026, 4, 5), "14:45", "01:45"),
        (date(2026, 4, 6), "15:15", "01:45"),
    ],
}
"""Around the change of the clock: when it must be in UTC, and what it is there.

In New York that hour was left out, on Lord Howe it came twice.
"""
LATE = {
    "Berlin study circle": {date(2026, 2, 19): "10:30"},
    "New York interviews": {date(2026, 2, 19): "10:30"},
    "Lord Howe reading group": {date(2026, 3, 18): "16:00"},
}
MISSED = {"Berlin study circle": {date(2026, 3, 17)}, "New York interviews": {date(2026, 3, 17)}}
"""By the outages of 19 February (of three hours and a half) and of 17 March (of ten and a half)."""


class Lived:
    """What is left of it when it is over."""

    def __init__(self, file: Path, year: Year, page: str) -> None:
        self.file, self.year, self.page = file, year, page

    def rows(self, query: str) -> list[tuple[str | int, ...]]:
        with sqlite3.connect(self.file) as database:
            return database.execute(query).fetchall()

    def postings(self, place: Place) -> list[tuple[date, str, datetime]]:
        """Dates, questions and times of what was posted there, by date."""
        found = self.rows(
            "SELECT p.local_date, v.question_id, p.opened_at FROM posting p JOIN schedule s ON s.id = p.schedule_id "
            "JOIN community c ON c.id = s.community_id JOIN question_version v ON v.id = p.version_id "
            f"WHERE NOT s.practice AND c.name = '{place.name}' ORDER BY p.local_date"
        )
        return [
            (date.fromisoformat(str(day)), str(asked), datetime.fromisoformat(str(at)).replace(tzinfo=UTC))
            for day, asked, at in found
        ]

    def answers(self, who: str) -> list[tuple[bool, bool]]:
        """Of each posting where they live, by date: whether they answered it in time, and if it is free to miss."""
        found = self.rows(
            "SELECT EXISTS (SELECT 1 FROM submission a WHERE a.posting_id = p.id AND a.learner_id = l.id "
            "AND (p.closed_at IS NULL OR a.received_at < p.closed_at)) AND p.state != 'void', "
            "p.excused OR p.state = 'void' "
            "FROM learner l JOIN schedule s ON s.community_id = l.community_id JOIN posting p ON p.schedule_id = s.id "
            f"WHERE l.name = '{who}' AND NOT s.practice ORDER BY p.local_date"
        )
        return [(bool(answered), bool(excused)) for answered, excused in found]

    def best_streaks(self) -> dict[str, int]:
        """What the page says, by name."""
        return {cells[0]: int(cells[5]) for cells in self.people()}

    def people(self) -> list[list[str]]:
        """The lines of the page about somebody, cell by cell."""
        names = {name for place in PLACES for name, _ in place.people}
        lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in self.page.splitlines()]
        return [cells for cells in lines if cells[0] in names]


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Lived:
    file = tmp_path_factory.mktemp("year") / "year.db"

    async def lives() -> Lived:
        async with world_at(file, begin(FIRST)) as world:
            year = await live(world, DAYS, FIRST)
            return Lived(file, year, await recap(year))

    return asyncio.run(lives())


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.zone)
def test_every_date_but_those_left_out_and_missed_has_exactly_one_posting_that_appeared_once(
    lived: Lived, place: Place
) -> None:
    none_on = skipped(place, DATES) | MISSED.get(place.name, set())
    expected = [day for day in DATES if day not in none_on]
    assert DAYS > len(expected) >= DAYS - 3
    assert [day for day, _, _ in lived.postings(place)] == expected
    chat = lived.year.world.chats[place.platform]
    appeared = Counter(number for community, number, _ in chat.posted if community == place.name)
    assert (len(appeared), set(appeared.values())) == (len(expected), {1})


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.zone)
def test_it_is_posted_when_the_clock_on_the_wall_says_so_or_as_soon_as_the_bot_is_back(
    lived: Lived, place: Place
) -> None:
    opened = {day: at for day, _, at in lived.postings(place)}
    expected = AT[place.name]
    assert [(day, f"{opened[day]:%H:%M}", _there(opened[day], place)) for day, _, _ in expected] == expected
    changed = {day for day, _, there in expected if there != f"{place.post_at:%H:%M}"}
    for day, at in opened.items():
        if late := LATE[place.name].get(day):
            assert f"{at:%H:%M}" == late
        elif day not in changed:
            assert (at.astimezone(place.clock).date(), _there(at, place)) == (day, f"{place.post_at:%H:%M}")


def _there(at: datetime, place: Place) -> str:
    return f"{at.astimezone(place.clock):%H:%M}"


def test_no_streak_is_lost_by_a_day_left_out_or_missed_by_an_outage_or_by_a_question_taken_back(lived: Lived) -> None:
    saved = 0
    for who, best in lived.best_streaks().items():
        answers = lived.answers(who)
        counting = [answered for answered, costs_nothing in answers if answered or not costs_nothing]
        assert best >= longest_run(counting), who
        saved += longest_run(counting) > longest_run([answered for answered, _ in answers])
    assert saved > 0, "somebody has a streak across a question that was taken back, or open while the bot was away"


def longest_run(answered: list[bool]) -> int:
    return max((len(list(run)) for was, run in itertools.groupby(answered) if was), default=0)


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.zone)
def test_no_question_comes_twice_before_the_bank_is_through(lived: Lived, place: Place) -> None:
    asked = [question for _, question, _ in lived.postings(place)]
    assert len(set(asked)) == len(asked) <= len(bank())


def test_what_was_earned_on_a_question_taken_back_is_taken_back(lived: Lived) -> None:
    found = lived.rows(
        "SELECT p.local_date, count(*), sum(a.points), sum(abs(a.points)) FROM award a "
        "JOIN posting p ON p.id = a.posting_id WHERE p.state = 'void' GROUP BY p.id"
    )
    assert [(day, points) for day, _, points, _ in found] == [("2026-03-11", 0)]
    assert int(found[0][3]) > 0, "somebody had earned something"


def test_the_standings_are_what_the_ledger_adds_up_to(lived: Lived) -> None:
    expected: Counter[tuple[int, str, str]] = Counter()
    for learner, points, day in lived.rows(
        "SELECT a.learner_id, a.points, p.local_date FROM award a JOIN posting p ON p.id = a.posting_id "
        "JOIN schedule s ON s.id = p.schedule_id WHERE NOT s.practice"
    ):
        for window, key in window_keys(date.fromisoformat(str(day))).items():
            expected[int(learner), window.value, key] += int(points)
    found = {row[:3]: row[3] for row in lived.rows('SELECT learner_id, "window", key, points FROM standing')}
    assert found == dict(expected)
    assert len(expected) > 500


def test_practice_earned_nothing_and_showed_nothing_that_was_open(lived: Lived) -> None:
    practised = sum(person.practised for person in lived.year.people)
    assert practised > 100
    assert lived.year.spoiled == []
    earned = lived.rows(
        "SELECT count(*), sum(a.points) FROM award a JOIN posting p ON p.id = a.posting_id "
        "JOIN schedule s ON s.id = p.schedule_id WHERE s.practice"
    )
    assert int(earned[0][0]) > 50
    assert earned[0][1] == 0


def test_every_answer_has_its_verdict_and_was_told(lived: Lived) -> None:
    attempts = sum(person.attempts for person in lived.year.people)
    assert lived.rows("SELECT count(*), count(verdict) FROM submission") == [(attempts, attempts)]
    shown = sum(chat.messages["verdict"] for chat in lived.year.world.chats.values())
    assert shown == attempts


def test_who_answers_every_day_keeps_the_streak_and_who_comes_at_weekends_does_not(lived: Lived) -> None:
    best = lived.best_streaks()
    assert best["Ada"] >= 40
    assert best["Deniz"] < 10


def test_the_page_tells_of_everybody_every_season_and_every_change_of_the_clock(lived: Lived) -> None:
    assert {cells[0] for cells in lived.people()} == {person.name for person in lived.year.people}
    for part in ("2026-S1", "2026-S2", "2026-03-29 | 23 h", "2026-03-08 | 23 h", "2026-04-05 | 24.5 h", "| none |"):
        assert part in lived.page
