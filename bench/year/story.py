"""What happens: every day the question, and after it whoever comes to answer or to practise."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import TypeAlias

from bench.year.bank import answer_to, bank
from bench.year.fate import OUTAGES, SKIPS, VOIDS, back_at
from bench.year.people import PLACES, Habit, Place
from bench.year.world import ADMIN, World, shown_posting
from bot.core.commands import Command
from bot.core.questions import Level, Question

FIRST = date(2026, 1, 1)
DAYS = 365
DAY = timedelta(days=1)
_HARDER = {Level.EASY: 0.15, Level.MEDIUM: 0.0, Level.HARD: -0.2}
_MOST_ATTEMPTS = 3
_TRIES_AGAIN = 0.45
"""The chance of that after a wrong answer."""


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


@dataclass(slots=True)
class Year:
    """What was lived through: ``days`` local dates from ``first`` on."""

    world: World
    people: list[Person]
    first: date
    days: int
    spoiled: list[int] = field(default_factory=list)
    """Practice postings that were shown while their question was open where they were."""

    @property
    def dates(self) -> tuple[date, ...]:
        """All of them."""
        return tuple(self.first + number * DAY for number in range(self.days))


def midnight(place: Place, day: date) -> datetime:
    """When a local day begins."""
    return datetime.combine(day, time(), tzinfo=place.clock).astimezone(UTC)


def begin(first: date = FIRST) -> datetime:
    """When the world begins: it is tomorrow already on the other side of it."""
    return datetime.combine(first, time(), tzinfo=UTC) - timedelta(hours=30)


Deed: TypeAlias = Callable[[], Awaitable[None]]
_Happening: TypeAlias = tuple[datetime, int, Deed]
"""When, what comes first of what is at the same time, and what."""


async def live(world: World, days: int = DAYS, first: date = FIRST) -> Year:
    """Live through ``days`` local dates in every place, in the order of time; the calendar goes on by itself."""
    people = [Person(name, habit, place, random.Random(name)) for place in PLACES for name, habit in place.people]
    year = Year(world, people, first, days)
    await world.asks(bank())
    happenings = [*_acts_of_admins(year), *_outages(year), *_visits(year)]
    for at, _, deed in sorted(happenings, key=lambda each: each[:2]):
        await world.moves(at)
        await deed()
    await world.shows()
    return year


def _acts_of_admins(year: Year) -> Iterator[_Happening]:
    minute = timedelta(minutes=1)
    for number, place in enumerate(PLACES):
        setup = Command("setup", f"{place.post_at:%H:%M} {place.zone} daily {place.mix}")
        yield midnight(place, year.first) - minute, number, partial(_administer, year.world, place, setup)
        end = midnight(place, year.first + year.days * DAY)
        yield end - minute, number, partial(_administer, year.world, place, Command("schedule-pause"))
        for skip in SKIPS:
            if skip.place == place.name and skip.first in year.dates:
                skipping = Command("schedule-skip", str(skip.days))
                yield midnight(place, skip.first) - minute, number, partial(_administer, year.world, place, skipping)

    for name, day in VOIDS:
        place = next(each for each in PLACES if each.name == name)
        if day in year.dates:
            yield midnight(place, day) + timedelta(hours=18), 0, partial(_take_back, year.world, place)


async def _take_back(world: World, place: Place) -> None:
    await world.says(place, ADMIN, Command("void", "yes"))
    del world.opened[place.name]


async def _administer(world: World, place: Place, command: Command) -> None:
    await world.says(place, ADMIN, command)
    await world.plans()


def _outages(year: Year) -> Iterator[_Happening]:
    end = midnight(PLACES[0], year.dates[-1])
    for away in OUTAGES:
        if begin(year.first) < away.began_at and away.ended_at < end:
            yield away.began_at, 0, partial(year.world.sleeps, away.ended_at)


def _visits(year: Year) -> Iterator[_Happening]:
    for number, person in enumerate(year.people):
        for day in year.dates:
            if person.comes(day):
                opened, closed = (midnight(person.place, each) + _hour(person.place) for each in (day, day + DAY))
                after = timedelta(hours=person.draw.uniform(0.1, person.habit.hours))
                at = back_at(min(opened + after, closed - timedelta(minutes=45)))
                yield at, 10 + number, partial(_visit, year, person, day)


def _hour(place: Place) -> timedelta:
    return timedelta(hours=place.post_at.hour, minutes=place.post_at.minute)


async def _visit(year: Year, person: Person, day: date) -> None:
    posting = year.world.opened.get(person.place.name)
    if posting is None or posting.local_date != day:
        return  # there is nothing new for them
    question = posting.version.question
    if question.hints and person.draw.random() < person.habit.hints:
        await year.world.says(person.place, person.name, Command("hint", "yes"))
    await _answer(year.world, person, question, None)
    if person.draw.random() < person.habit.practice:
        await year.world.moves(year.world.now + timedelta(minutes=12))
        await _practise(year, person)


async def _answer(world: World, person: Person, question: Question, about: int | None) -> None:
    """Answer until it is right, no attempt is left that counts, or it has been enough for one day."""
    most = 1 if question.kind == "choice" else _MOST_ATTEMPTS
    for _ in range(most):
        right = person.is_right(question)
        await world.says(person.place, person.name, Command("answer", answer_to(question, right=right), about))
        person.attempts += 1
        if right or person.draw.random() > _TRIES_AGAIN:
            break
    person.met.update(question.topics)


async def _practise(year: Year, person: Person) -> None:
    shown = shown_posting(await year.world.says(person.place, person.name, Command("practice")))
    if shown is None:
        return
    posting = await year.world.posting(shown)
    if posting.version.question.id == year.world.opened[person.place.name].version.question.id:
        year.spoiled.append(shown)
    person.practised += 1
    await _answer(year.world, person, posting.version.question, shown)
