"""Sixty days of the year that docs/a-year.md tells of: those in which all three places change their clocks."""

from __future__ import annotations

import asyncio
import sqlite3
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from bench.year.bank import bank
from bench.year.people import PLACES, Place
from bench.year.recap import recap
from bench.year.story import Year, begin, live
from bench.year.world import world_at
from bot.core.scoring import window_keys

FIRST, DAYS = date(2026, 2, 10), 60
DAY = timedelta(days=1)
DATES = [FIRST + number * DAY for number in range(DAYS)]
CHANGES = {
    "Berlin study circle": [(date(2026, 3, 28), "08:00"), (date(2026, 3, 29), "07:00")],
    "New York interviews": [(date(2026, 3, 7), "07:30"), (date(2026, 3, 9), "06:30")],
    "Lord Howe reading group": [(date(2026, 4, 4), "15:15"), (date(2026, 4, 6), "15:45")],
}
"""Days around the change of the clock, and when it must be in UTC; on the day itself that hour is none, or twice."""


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


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Lived:
    file = tmp_path_factory.mktemp("year") / "year.db"

    async def lives() -> Lived:
        async with world_at(file, begin(FIRST)) as world:
            year = await live(world, DAYS, FIRST)
            return Lived(file, year, await recap(year))

    return asyncio.run(lives())


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.zone)
def test_every_local_date_has_exactly_one_posting_and_it_appeared_once(lived: Lived, place: Place) -> None:
    assert [day for day, _, _ in lived.postings(place)] == DATES
    chat = lived.year.world.chats[place.platform]
    appeared = Counter(number for community, number, _ in chat.posted if community == place.name)
    assert (len(appeared), set(appeared.values())) == (DAYS, {1})


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.zone)
def test_it_is_posted_when_the_clock_on_the_wall_says_so_before_and_after_it_changes(
    lived: Lived, place: Place
) -> None:
    at = {day: opened for day, _, opened in lived.postings(place)}
    assert [(day, f"{at[day]:%H:%M}") for day, _ in CHANGES[place.name]] == CHANGES[place.name]
    off = [day for day in DATES if at[day].astimezone(place.clock).time() != place.post_at]
    assert len(off) <= 1, "only in the gap it cannot be at that time"
    assert all(at[day].astimezone(place.clock).date() == day for day in DATES)


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.zone)
def test_no_question_comes_twice_before_the_bank_is_through(lived: Lived, place: Place) -> None:
    asked = [question for _, question, _ in lived.postings(place)]
    assert len(set(asked)) == len(asked) <= len(bank())


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
    assert len(expected) > 1_000


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
    best = {line.split(" | ")[0].strip("| "): int(line.split(" | ")[5]) for line in _people(lived.page)}
    assert best["Ada"] >= 40
    assert best["Deniz"] < 10


def _people(page: str) -> list[str]:
    names = {name for place in PLACES for name, _ in place.people}
    return [line for line in page.splitlines() if line.split(" | ")[0].strip("| ") in names]


def test_the_page_tells_of_everybody_every_season_and_every_change_of_the_clock(lived: Lived) -> None:
    assert len(_people(lived.page)) == len(lived.year.people)
    for part in ("2026-S1", "2026-S2", "2026-03-29 | 23 h", "2026-03-08 | 23 h", "2026-04-05 | 24.5 h", "| none |"):
        assert part in lived.page
