"""What a year came to, read from the store as it was left."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from bench.year.fate import skipped
from bench.year.people import PLACES, Place
from bench.year.story import DAY, Person, Year, midnight
from bot.core.calendar import ON_TIME
from bot.core.memory import strength
from bot.core.presenting.topics import bar
from bot.core.records import Community, Learner, Placed, Posting, PostingState, Schedule, Window
from bot.core.scoring import Streak, streak, window_keys
from bot.usecases.memories import recollections


@dataclass(frozen=True, slots=True)
class Score:
    """What somebody has at the end."""

    person: Person
    points: int
    solved: int
    run: Streak
    answered: int
    topics: str
    """Their weakest and their strongest one."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a place has at the end: its postings in date order, its people, and who won which season."""

    place: Place
    postings: tuple[Posting, ...]
    counts: tuple[tuple[int, int], ...]
    """Of each posting, how many answered and how many solved it."""
    scores: tuple[Score, ...]
    seasons: tuple[tuple[str, tuple[Placed, ...]], ...]

    @property
    def solve_rate(self) -> float:
        """Of all that answered a posting, how many solved it."""
        return sum(solved for _, solved in self.counts) / max(1, sum(answered for answered, _ in self.counts))


async def outcome(year: Year, place: Place) -> Outcome:
    """What became of ``place``."""
    numbers = [number for community, number, _ in year.world.chats[place.platform].posted if community == place.name]
    postings = tuple([await year.world.posting(number) for number in numbers])
    async with year.world.store.read() as work:
        counts = tuple([await work.competition.counts(posting) for posting in postings])
    async with year.world.store.begin() as work:
        community = await work.communities.community(place.platform, place.name, place.name)
        seasons = list(dict.fromkeys(window_keys(posting.local_date)[Window.SEASON] for posting in postings))
        winners = [(key, await work.competition.board(community, Window.SEASON, key, 1)) for key in seasons]
    people = [person for person in year.people if person.place is place]
    scores = [await _score(year, community, postings[0].schedule, person) for person in people]
    scores.sort(key=lambda score: (-score.points, score.person.name))
    return Outcome(place, postings, counts, tuple(scores), tuple(winners))


async def _score(year: Year, community: Community, schedule: Schedule, person: Person) -> Score:
    async with year.world.store.begin() as work:
        learner: Learner = await work.communities.learner(community, person.name, person.name)
        answered = await work.postings.answered(schedule, learner)
        placed = await work.competition.place(learner, Window.ALL, "all")
        known = sorted(
            recollections(await work.learning.memories(learner)), key=lambda each: (strength(each), each.lasts)
        )
    run = streak(answered, year.first + year.days * DAY)
    ends = [known[0], known[-1]] if len(known) > 1 else known
    topics = ", ".join(f"{each.topic} {bar(strength(each))}" for each in ends)
    count = sum(each.answered for each in answered)
    return Score(person, placed.points if placed else 0, placed.solved if placed else 0, run, count, topics)


async def recap(year: Year) -> str:
    """The whole year as a page of Markdown."""
    outcomes = [await outcome(year, place) for place in PLACES]
    lines = [_HEAD.format(days=year.days, first=year.first, people=len(year.people), events=year.world.said)]
    lines += _communities(year, outcomes)
    for each in outcomes:
        lines += ["", f"## {each.place.name}", "", *_story_of(year, each)]
    return "\n".join(lines) + "\n"


_HEAD = """# A year in three communities

Printed by `python -m bench.year`: {days} days from {first} on, lived through by the real use cases on a real SQLite
file with a clock that is turned; {people} learners of different habits and an admin said {events:,} things. The bank is
the real one with tasks that need no torch in their place. A test lives through a shorter year, and checks what must
hold.
"""


def _communities(year: Year, outcomes: Sequence[Outcome]) -> Iterator[str]:
    yield from _table(
        ("community", "zone", "asked at", "postings", "first repeat", "answers", "solved", "practised"),
        [
            (
                each.place.name,
                each.place.zone,
                f"{each.place.post_at:%H:%M}",
                str(len(each.postings)),
                _first_repeat(each.postings),
                f"{sum(answered for answered, _ in each.counts):,}",
                f"{each.solve_rate:.0%}",
                str(sum(score.person.practised for score in each.scores)),
            )
            for each in outcomes
        ],
    )


def _first_repeat(postings: Sequence[Posting]) -> str:
    seen: set[str] = set()
    for number, posting in enumerate(postings, 1):
        if posting.version.question.id in seen:
            return f"the {number}th"
        seen.add(posting.version.question.id)
    return "none"


def _story_of(year: Year, outcome: Outcome) -> Iterator[str]:
    yield from _table(
        ("learner", "habit", "answered", "solved", "points", "best streak", "freezes used", "weakest, strongest topic"),
        [
            (
                score.person.name,
                score.person.habit.name,
                str(score.answered),
                str(score.solved),
                f"{score.points:,}",
                str(score.run.best),
                str(len(score.run.frozen)),
                score.topics,
            )
            for score in outcome.scores
        ],
    )
    yield ""
    yield from _table(
        ("season", "won by", "points", "solved"),
        [
            (key, ", ".join(placed.learner.name for placed in top), str(top[0].points), str(top[0].solved))
            for key, top in outcome.seasons
            if top
        ],
    )
    yield ""
    yield from _clock_changes(year, outcome)
    yield ""
    yield from _irregular(year, outcome)


def _clock_changes(year: Year, outcome: Outcome) -> Iterator[str]:
    place = outcome.place
    posted = {posting.local_date: posting for posting in outcome.postings}
    rows = []
    for offset in range(1, year.days):
        day = year.first + offset * DAY
        length = midnight(place, day + DAY) - midnight(place, day)
        if length != DAY and day in posted:
            at = posted[day].opened_at
            there = at.astimezone(place.clock)
            hours = f"{length / timedelta(hours=1):g} h"
            rows.append((day.isoformat(), hours, f"{there:%H:%M}", f"{at:%H:%M}"))
    if rows:
        yield from _table(("the clock changed on", "which had", "asked at, there", "which is in UTC"), rows)


def _irregular(year: Year, outcome: Outcome) -> Iterator[str]:
    """Days that were not like the others, and why."""
    place, posted = outcome.place, {posting.local_date: posting for posting in outcome.postings}
    left_out = skipped(place, year.dates)
    for day in year.dates:
        posting = posted.get(day)
        if posting is None and (day not in left_out or day - DAY not in left_out):
            said = "an admin left it out" if day in left_out else "the bot was away for longer than six hours"
            more = " and the days after it" if day in left_out and day + DAY in left_out else ""
            yield f"- {day}{more}: no question; {said}."
        elif posting is not None and posting.state is PostingState.VOID:
            yield f"- {day}: taken back by an admin in the evening, with what had been earned; it cost no streak."
        elif posting is not None and (late := posting.opened_at - (posting.due_at or posting.opened_at)) > ON_TIME:
            yield f"- {day}: posted {late / timedelta(minutes=1):.0f} minutes late, when the bot was back."
        if posting is not None and posting.excused:
            yield f"- {day}: open while the bot was away for long, or near its end; missing it cost no streak."


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(columns)} |"
    yield f"|{'---|' * len(columns)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"
