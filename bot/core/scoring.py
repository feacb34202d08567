"""Points, streaks and windows, as pure arithmetic."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from bot.core.questions import Level
from bot.core.records import AnsweredPosting, Window

BASE_POINTS: Mapping[Level, int] = {Level.EASY: 10, Level.MEDIUM: 20, Level.HARD: 30}
FIRST_TRY_BONUS = 0.5  # of the base, code questions only
HINT_COST = 0.2  # of the base, each
ATTEMPT_SHARES: Mapping[str, tuple[float, ...]] = {"value": (1.0, 0.6, 0.3), "choice": (1.0,)}
"""Share of the base that each scored attempt earns, by kind of question; code has any number of attempts."""
SOLVE, VOID, REJUDGE = "solve", "void", "rejudge"
"""Causes of awards: an accepted answer, a posting taken back, and (with a number) answers judged again."""
GAVE_UP = -1
"""The index under which giving up is recorded among the hints."""
POSTINGS_PER_FREEZE = 7
MAX_FREEZES = 2
SEASON_MONTHS = 3
SEASON_LENGTHS = (1, 2, 3, 4, 6, 12)
"""Months a season may have: a year is a whole number of them."""


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


def solve_cause(revoked: int) -> str:
    """The cause of the award for an accepted answer, after a solution was taken back ``revoked`` times."""
    return f"{SOLVE}:{revoked}" if revoked else SOLVE


def is_solve(cause: str) -> bool:
    """Whether an award is for an accepted answer."""
    return cause.partition(":")[0] == SOLVE


@dataclass(frozen=True, slots=True)
class Attempt:
    """One judged answer of a learner: the ``number`` of the attempt, and when it reached us."""

    number: int
    accepted: bool
    received_at: datetime


def earned(level: Level, kind: str, attempts: Sequence[Attempt], help_used: Sequence[tuple[int, datetime]]) -> int:
    """Points of the first accepted of ``attempts``, or -1 where none solves the question.

    ``help_used`` are the hints, by index, and :data:`GAVE_UP`, each with when it was shown: help counts against the
    answers that came after it.
    """
    for attempt in sorted(attempts, key=lambda attempt: attempt.number):
        if attempt.accepted:
            used = {index for index, at in help_used if at <= attempt.received_at}
            if GAVE_UP in used:
                return -1
            return points_for(level, kind, attempt.number, len(used), gave_up=False)
    return -1


def longest_runs(answered: Sequence[Collection[int]]) -> tuple[int, frozenset[int]]:
    """The most postings in a row that anybody answered, and who did; ``answered`` is who answered each, in order."""
    runs: Counter[int] = Counter()
    best, holders = 0, frozenset[int]()
    for learners in answered:
        runs = Counter({learner: runs[learner] + 1 for learner in learners})
        longest = max(runs.values(), default=0)
        if longest >= best and longest:
            tops = frozenset(learner for learner, run in runs.items() if run == longest)
            holders = tops | holders if longest == best else tops
            best = longest
    return best, holders


def window_keys(day: date, season_months: int = SEASON_MONTHS) -> Mapping[Window, str]:
    """The key of every window that contains the local date ``day``; a season has ``season_months`` of the calendar.

    The key of a season says how many there are in a year unless it is four, so that seasons of another length never
    go by the same name.
    """
    week = day.isocalendar()
    number = (day.month - 1) // season_months + 1
    of = "" if season_months == SEASON_MONTHS else f"of{12 // season_months}"
    return {
        Window.DAY: day.isoformat(),
        Window.WEEK: f"{week.year}-W{week.week:02}",
        Window.MONTH: f"{day:%Y-%m}",
        Window.SEASON: f"{day.year}-S{number}{of}",
        Window.ALL: "all",
    }


def season_start(day: date, season_months: int) -> date:
    """The first day of the season that contains ``day``."""
    return date(day.year, (day.month - 1) // season_months * season_months + 1, 1)
