"""What happens: every day the question, and after it whoever comes to answer or to practise."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import TypeAlias

from bench.year.bank import answer_to, bank
from bench.year.people import PLACES, Habit, Place
from bench.year.world import ADMIN, World, shown_posting
from bot.core.commands import Command
from bot.core.questions import Level, Question
from bot.core.records import Posting

FIRST = date(2026, 1, 1)
DAYS = 365
DAY = timedelta(days=1)
BEFORE = timedelta(hours=30)
_HARDER = {Level.EASY: 0.15, Level.MEDIUM: 0.0, Level.HARD: -0.2}
_MOST_ATTEMPTS = 4


@dataclass(slots=True)
class Person:
    """Somebody, and what they have learned so far: how often they met a topic."""

    name: str
    habit: Habit
    place: Place
    draw: random.Random
    met: Counter[str] = field(default_factory=Counter)
    attempts: int = 0
    practised: int = 0

    def comes(self, day: date) -> bool:
        """Whether they answer on that day."""
        away = self.habit.away
        if away and away[0] <= day <= away[1]:
            return False
        return self.draw.random() < (self.habit.weekend if day.weekday() >= 5 else self.habit.weekday)

    def is_right(self, question: Question) -> bool:
        """Whether they are, this time; who met its topics often is right more often."""
        met = sum(self.met[topic] for topic in question.topics) / len(question.topics)
        return self.draw.random() < self.habit.skill + _HARDER[question.level] + min(0.25, 0.02 * met)


Happening: TypeAlias = tuple[datetime, int, Place, Person | None, date]
"""When, in which order, where, and whose turn: nobody's where the question is posted."""


@dataclass(slots=True)
class Year:
    """What was lived through."""

    world: World
    people: list[Person]
    first: date
    days: int
    dates: dict[str, list[date]] = field(default_factory=dict)
    """The local dates on which each place is to get its question."""
    spoiled: list[int] = field(default_factory=list)
    """Practice postings that were shown while their question was open where they were."""


def due(place: Place, day: date) -> datetime:
    """When the clock on the wall there shows the hour of the question; in a gap, as long after its start."""
    return datetime.combine(day, place.post_at, tzinfo=place.clock).astimezone(UTC)


def midnight(place: Place, day: date) -> datetime:
    """When a local day begins."""
    return datetime.combine(day, time(), tzinfo=place.clock).astimezone(UTC)


def begin(first: date = FIRST) -> datetime:
    """When the world begins: it is tomorrow already on the other side of it."""
    return datetime.combine(first, time(), tzinfo=UTC) - BEFORE


async def live(world: World, days: int = DAYS, first: date = FIRST) -> Year:
    """Live through ``days`` local dates in every place, in the order of time."""
    people = [Person(name, habit, place, random.Random(name)) for place in PLACES for name, habit in place.people]
    year = Year(world, people, first, days)
    await world.asks(bank())
    open_now: dict[str, int] = {}
    for at, _, place, person, day in sorted(_happenings(year), key=lambda each: each[:2]):
        world.now = at
        if person is None:
            await world.says(place, ADMIN, Command("post-now"))
            await world.shows(place)
            open_now[place.name] = world.chats[place.platform].posted[-1][1]
            year.dates.setdefault(place.name, []).append(day)
        else:
            await _visit(year, person, await world.posting(open_now[place.name]))
            await world.shows(place)
    return year


def _happenings(year: Year) -> Iterator[Happening]:
    order = 0
    for offset in range(year.days):
        day = year.first + offset * DAY
        for place in PLACES:
            opened = due(place, day)
            order += 1
            yield opened, order, place, None, day
            latest = due(place, day + DAY) - timedelta(minutes=5)
            for person in (each for each in year.people if each.place is place):
                if person.comes(day):
                    order += 1
                    after = timedelta(hours=person.draw.uniform(0.05, person.habit.hours))
                    yield min(opened + after, latest), order, place, person, day


async def _visit(year: Year, person: Person, posting: Posting) -> None:
    question = posting.version.question
    if question.hints and person.draw.random() < person.habit.hints:
        await year.world.says(person.place, person.name, Command("hint", "yes"))
    await _answer(year.world, person, question, None)
    if person.draw.random() < person.habit.practice:
        year.world.now += timedelta(minutes=12)
        await _practise(year, person, posting)


async def _answer(world: World, person: Person, question: Question, about: int | None) -> None:
    """Answer until it is right, or no attempt is left that counts."""
    most = 1 if question.kind == "choice" else _MOST_ATTEMPTS
    for _ in range(most):
        right = person.is_right(question)
        await world.says(person.place, person.name, Command("answer", answer_to(question, right=right), about))
        person.attempts += 1
        if right:
            break
    person.met.update(question.topics)


async def _practise(year: Year, person: Person, opened: Posting) -> None:
    shown = shown_posting(await year.world.says(person.place, person.name, Command("practice")))
    if shown is None:
        return
    posting = await year.world.posting(shown)
    if posting.version.question.id == opened.version.question.id:
        year.spoiled.append(shown)
    person.practised += 1
    await _answer(year.world, person, posting.version.question, shown)
