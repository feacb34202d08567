"""SIGKILL from outside at 26 points over 1,000 answers and 60 postings: nothing acknowledged is lost, nothing twice."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from datetime import timedelta

from tests.store.killing.platform import START, Bot, Platform
from tests.store.killing.points import POINTS
from tests.store.scene import rows
from tests.usecases.town import RIGHT, WRONG

DAYS, ANSWERS = 60, 1_000
AT_ONCE = 8
PEOPLE = [f"learner {number}" for number in range(20)]
RESTART = timedelta(minutes=1)
"""Longer than a line of the outbox stays leased to whoever died with it."""


@dataclass(frozen=True)
class Event:
    """What somebody does; the platform sends it again with the same ``id`` until it is acknowledged."""

    id: str
    who: str
    verb: str
    text: str = ""


def steps() -> list[tuple[int, list[Event]]]:
    """By day, what happens at the same time, one step after the other."""
    chance = random.Random(6)
    found: list[tuple[int, list[Event]]] = []
    for day in range(DAYS):
        found.append((day, [Event(f"posting {day}", "ada", "post-now")]))
        first, last = day * ANSWERS // DAYS, (day + 1) * ANSWERS // DAYS
        answers = [
            Event(f"answer {number}", PEOPLE[number % len(PEOPLE)], "answer", chance.choice((RIGHT, WRONG)))
            for number in range(first, last)
        ]
        found += [(day, answers[start : start + AT_ONCE]) for start in range(0, len(answers), AT_ONCE)]
    return found


def nth(point: str) -> int:
    """Which time it is reached, so that the deaths are spread over all of the days."""
    return 2 if point.endswith(("postings.claim", "posting")) else 28


class Lives:
    """One bot after the other, each killed at its point; the last one lives."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.platform = Platform()
        self.now = START
        self.killed_at: list[str] = []
        self._left = list(POINTS)
        self.bot: Bot | None = None

    async def alive(self) -> Bot:
        while self.bot is None or self.bot.reached.is_set():
            if self.bot is not None:
                await self.bot.kill()
                self.killed_at.append(self._left.pop(0))
                self.now += RESTART
            point = self._left[0] if self._left else "never"
            self.bot = await Bot.start(self.url, self.platform, self.now, point, nth(point))
        return self.bot

    async def happen(self, day: int, events: list[Event]) -> None:
        morning = START + timedelta(days=day)
        if self.now < morning:
            # A day here passes in less than a second; a real one is not over before its question has been shown.
            await self.until(self._postings_shown)
            self.now = morning
        waiting = events
        while waiting:
            bot = await self.alive()
            assert not bot.gone.is_set(), "it ended by itself"
            self.now += timedelta(seconds=1)
            done = await asyncio.gather(
                *(bot.do(event.id, event.who, event.verb, event.text, self.now) for event in waiting)
            )
            waiting = [event for event, is_done in zip(waiting, done, strict=True) if not is_done]

    async def everything_shown(self) -> None:
        """Until every answer has its verdict."""
        await self.until(self._verdicts_shown)

    async def until(self, missing: Callable[[], Awaitable[Collection[str]]]) -> None:
        """Until nothing is ``missing``; time goes on meanwhile."""
        for _ in range(600):
            bot = await self.alive()
            assert not bot.gone.is_set(), "it ended by itself"
            if not (lacking := await missing()):
                return
            self.now += timedelta(seconds=5)
            bot.tell({"now": self.now.isoformat()})
            await asyncio.sleep(0.1)
        raise AssertionError(f"never shown: {sorted(lacking)[:5]}")

    async def _verdicts_shown(self) -> Collection[str]:
        # Many wrong answers before a right one is judged are a notice, kept for the keeper that there is not.
        waiting = await rows(self.url, "SELECT slot FROM outbox WHERE slot NOT LIKE 'posting:%' AND NOT kept")
        return (self.platform.slots.keys() - self.platform.places().keys()) | {row.slot for row in waiting}

    async def _postings_shown(self) -> Collection[str]:
        posted = await rows(self.url, "SELECT id FROM posting")
        return {f"posting:{row.id}" for row in posted} - self.platform.places().keys()


async def test_killed_at_any_point_nothing_is_lost_and_nothing_is_there_twice(url: str) -> None:
    lives = Lives(url)
    for day, events in steps():
        await lives.happen(day, events)
    await lives.everything_shown()
    assert lives.bot is not None
    await lives.bot.end()
    assert lives.killed_at == list(POINTS)
    assert len(POINTS) >= 25
    await check_answers(lives)
    await check_postings(lives)
    await check_points(url)


async def check_answers(lives: Lives) -> None:
    stored = await rows(lives.url, "SELECT * FROM submission")
    assert sorted(row.event_id for row in stored) == sorted(f"answer {number}" for number in range(ANSWERS))
    assert {row.state for row in stored} == {"judged"}
    assert {f"verdict:{row.id}": row.event_id for row in stored} == lives.platform.slots
    places = lives.platform.places()
    assert {slot: places[slot] for slot in lives.platform.slots} == dict.fromkeys(lives.platform.slots, 1)
    for slot, event in lives.platform.slots.items():
        assert slot in lives.platform.messages[f"reply to {event}"], "the verdict stands where the answer was sent"
    attempts: dict[tuple[int, int], list[int]] = {}
    for row in stored:
        attempts.setdefault((row.posting_id, row.learner_id), []).append(row.attempt)
    assert all(sorted(each) == list(range(1, len(each) + 1)) for each in attempts.values())


async def check_postings(lives: Lives) -> None:
    stored = await rows(lives.url, "SELECT id, local_date FROM posting ORDER BY id")
    assert len({str(row.local_date) for row in stored}) == len(stored) == DAYS
    places = lives.platform.places()
    assert {f"posting:{row.id}": places[f"posting:{row.id}"] for row in stored} == {
        f"posting:{row.id}": 1 for row in stored
    }
    told = [row.detail for row in await rows(lives.url, "SELECT detail FROM audit WHERE action = 'post-now'")]
    assert len(told) >= DAYS


async def check_points(url: str) -> None:
    awards = await rows(url, "SELECT * FROM award")
    solved = {
        (row.posting_id, row.learner_id)
        for row in await rows(url, "SELECT * FROM submission")
        if '"outcome": "accepted"' in row.verdict
    }
    assert Counter((row.posting_id, row.learner_id) for row in awards) == Counter(solved)
    points: Counter[int] = Counter()
    for row in awards:
        points[row.learner_id] += row.points
    standings = await rows(url, "SELECT learner_id, points FROM standing WHERE \"window\" = 'all'")
    assert {row.learner_id: row.points for row in standings} == dict(points)


def test_the_points_are_different_ones() -> None:
    assert len(set(POINTS)) == len(POINTS)
    assert {point.partition(" ")[0] for point in POINTS} == {"before", "after", "uncommitted", "committed"}


def test_there_are_as_many_of_everything_as_it_says() -> None:
    events = [event for _, events in steps() for event in events]
    assert Counter(event.verb for event in events) == {"post-now": DAYS, "answer": ANSWERS}
    assert len({event.id for event in events}) == len(events)
    for _, together in steps():
        assert len({event.who for event in together}) == len(together), "one learner has at most two runs under way"
