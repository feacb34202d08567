"""What a learner remembers of each topic: how a verdict rates it, and how strong it is."""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.core.questions import Level, Question
from bot.core.records import Progress


class Recall(enum.StrEnum):
    """How well a topic was remembered, worst first."""

    AGAIN = "again"
    HARD = "hard"
    GOOD = "good"
    EASY = "easy"


@dataclass(frozen=True, slots=True)
class Memory:
    """One learner's memory of a topic: ``card`` is the scheduler's own text, ``due_at`` when to recall it next."""

    topic: str
    card: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Recollection:
    """What a memory says. ``failed``: and not recalled since. ``lasts``: days until one in ten would have forgotten."""

    topic: str
    due_at: datetime
    reviewed_at: datetime
    failed: bool
    lasts: float


class Strength(enum.IntEnum):
    """How well a topic is known, in five steps."""

    SHAKY = 1
    FRESH = 2
    FAIR = 3
    GOOD = 4
    STRONG = 5


_LASTS = ((30, Strength.STRONG), (10, Strength.GOOD), (3, Strength.FAIR), (1, Strength.FRESH), (0, Strength.SHAKY))
"""From how many days on a memory has which strength."""


def recall_of(level: Level, attempt: int, before: Progress, *, accepted: bool) -> Recall | None:
    """How a verdict rates every topic of its question; ``None`` where it says nothing about memory.

    ``before`` is what the learner had done when it was given. A posting rates a topic down once, with its first
    failure: whoever mends code in ten steps has not forgotten ten times. Nothing counts once the solution was open.
    """
    if before.is_open:
        return None
    if not accepted:
        return Recall.AGAIN if attempt == 1 else None
    if attempt > 1 or before.hints_used:
        return Recall.HARD
    return Recall.EASY if level is Level.HARD else Recall.GOOD


def strength(recollection: Recollection) -> Strength:
    """How well a topic is known; one that was failed last time is shaky, however long it had lasted."""
    if recollection.failed:
        return Strength.SHAKY
    return next(found for least, found in _LASTS if recollection.lasts >= least)


def by_strength(recollections: Collection[Recollection]) -> tuple[Recollection, ...]:
    """The weakest first; among equals what is due first."""
    return tuple(sorted(recollections, key=lambda each: (strength(each), each.due_at, each.topic)))


@dataclass(frozen=True, slots=True)
class Given:
    """A judged answer: when it came, and the help its learner had been shown on its posting until then.

    With ``attempt`` 0 it is none: the learner gave up at that time.
    """

    posting_id: int
    question: Question
    attempt: int
    accepted: bool
    at: datetime
    hints_used: int
    gave_up: bool


def recalls(history: Sequence[Given]) -> Iterator[tuple[Given, Recall]]:
    """How all that one learner has ``given``, in the order in which it came, rates the topics of each question."""
    answered: set[int] = set()
    solved: set[int] = set()
    for given in history:
        before = Progress(solved=given.posting_id in solved, hints_used=given.hints_used, gave_up=given.gave_up)
        if given.attempt:
            recall = recall_of(given.question.level, given.attempt, before, accepted=given.accepted)
            answered.add(given.posting_id)
        else:  # who had failed before was rated by that
            recall = Recall.AGAIN if given.posting_id not in answered else None
        if given.accepted:
            solved.add(given.posting_id)
        if recall is not None:
            yield given, recall
