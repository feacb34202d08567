"""Points, streaks and windows, as pure arithmetic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from bot.core.questions import Level
from bot.core.records import AnsweredPosting, Window

BASE_POINTS: Mapping[Level, int] = {Level.EASY: 10, Level.MEDIUM: 20, Level.HARD: 30}
FIRST_TRY_BONUS = 0.5  # of the base, code questions only
HINT_COST = 0.2  # of the base, each
ATTEMPT_SHARES: Mapping[str, tuple[float, ...]] = {"value": (1.0, 0.6, 0.3), "choice": (1.0,)}
"""Share of the base that each scored attempt earns, by kind of question; code has any number of attempts."""
SOLVE = "solve"
"""The cause of the award for an accepted answer."""
GAVE_UP = -1
"""The index under which giving up is recorded among the hints."""
POSTINGS_PER_FREEZE = 7
MAX_FREEZES = 2


def points_for(level: Level, kind: str, attempt: int, hints_used: int, gave_up: bool) -> int:
    """Points an accepted answer earns.

    ``attempt`` counts from 1; ``kind`` is that of the question. Giving up leaves nothing; hints never take more than
    the base.
    """
    if gave_up:
        return 0
    base = BASE_POINTS[level]
    shares = ATTEMPT_SHARES.get(kind)
    if shares is None:
        share = 1.0 + (FIRST_TRY_BONUS if attempt == 1 else 0.0)
    else:
        share = shares[attempt - 1] if attempt <= len(shares) else 0.0
    return max(0, round(base * (share - min(1.0, HINT_COST * hints_used))))


def hint_cost(level: Level) -> int:
    """Points one hint takes from what a right answer earns."""
    return round(BASE_POINTS[level] * HINT_COST)


def scored_attempts(kind: str) -> int | None:
    """How many attempts earn points; ``None`` means any number."""
    return len(ATTEMPT_SHARES[kind]) if kind in ATTEMPT_SHARES else None


def attempts_left(kind: str, attempts: int) -> int | None:
    """Scored attempts that remain; ``None`` means any number."""
    scored = scored_attempts(kind)
    return None if scored is None else max(0, scored - attempts)


@dataclass(frozen=True, slots=True)
class Streak:
    """``current`` and ``best`` in postings answered in a row; ``freezes`` held; ``frozen`` the dates saved by one."""

    current: int
    best: int
    freezes: int
    frozen: tuple[date, ...]


def streak(postings: Sequence[AnsweredPosting], today: date) -> Streak:
    """The streak over a schedule's postings in date order.

    The last posting stays open until the next one comes, so it is not missed yet, nor is any of ``today`` or later.
    Void postings do not count, nor do excused ones for whoever did not answer them. A freeze is earned per
    :data:`POSTINGS_PER_FREEZE` answered postings, at most :data:`MAX_FREEZES` are held, and one is used by itself when
    a posting is missed while a streak runs.
    """
    current = best = freezes = answered = 0
    frozen: list[date] = []
    for index, posting in enumerate(postings, 1):
        if posting.void or (posting.excused and not posting.answered):
            continue
        if posting.answered:
            current += 1
            answered += 1
            best = max(best, current)
            if answered % POSTINGS_PER_FREEZE == 0:
                freezes = min(MAX_FREEZES, freezes + 1)
        elif index == len(postings) or posting.local_date >= today:
            continue
        elif current and freezes:
            freezes -= 1
            frozen.append(posting.local_date)
        else:
            current = 0
    return Streak(current, best, freezes, tuple(frozen))


def window_keys(day: date) -> Mapping[Window, str]:
    """The key of every window that contains the local date ``day``; a season is a calendar quarter."""
    week = day.isocalendar()
    return {
        Window.DAY: day.isoformat(),
        Window.WEEK: f"{week.year}-W{week.week:02}",
        Window.MONTH: f"{day:%Y-%m}",
        Window.SEASON: f"{day.year}-S{(day.month + 2) // 3}",
        Window.ALL: "all",
    }
