"""Who takes part, where, and with what habits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Habit:
    """How somebody takes part; all but the last two are chances between 0 and 1.

    ``weekday`` and ``weekend``: of answering at all. ``skill``: of being right at once. ``hints``: of buying one.
    ``practice``: of practising on a day. They come some ``hours`` after the question, at most. ``away`` are the first
    and the last day of a holiday.
    """

    name: str
    weekday: float
    weekend: float
    skill: float
    hints: float = 0.1
    practice: float = 0.05
    hours: float = 10.0
    away: tuple[date, date] | None = None


STEADY = Habit("every day", 0.99, 0.98, 0.75)
DILIGENT = Habit("every day, and practises", 0.97, 0.95, 0.6, practice=0.4)
OFFICE = Habit("on working days", 0.95, 0.1, 0.7)
WEEKENDS = Habit("at weekends", 0.05, 0.9, 0.6)
FORGETFUL = Habit("now and then", 0.55, 0.45, 0.55)
BEGINNER = Habit("beginner with hints", 0.85, 0.7, 0.3, hints=0.5, practice=0.2)
NIGHTLY = Habit("late at night", 0.9, 0.9, 0.65, hours=23.0)
EXPERT = Habit("rarely wrong", 0.9, 0.6, 0.95)
TRAVELLER = Habit("away in summer", 0.95, 0.9, 0.7, away=(date(2026, 7, 6), date(2026, 8, 2)))
DROPOUT = Habit("leaves in spring", 0.9, 0.8, 0.5, away=(date(2026, 4, 1), date(2027, 12, 31)))


@dataclass(frozen=True, slots=True)
class Place:
    """A community, by whose clock it gets its question, how hard these are on which day, and who lives there."""

    name: str
    platform: str
    zone: str
    post_at: time
    mix: str
    people: tuple[tuple[str, Habit], ...]

    @property
    def clock(self) -> ZoneInfo:
        """Its zone."""
        return ZoneInfo(self.zone)


PLACES = (
    Place(
        "Berlin study circle",
        "discord",
        "Europe/Berlin",
        time(9),
        "rising",
        (
            ("Ada", STEADY),
            ("Bela", DILIGENT),
            ("Clara", OFFICE),
            ("Deniz", WEEKENDS),
            ("Emil", FORGETFUL),
            ("Frieda", BEGINNER),
            ("Gökçe", TRAVELLER),
        ),
    ),
    Place(
        "New York interviews",
        "slack",
        "America/New_York",
        time(2, 30),
        "any",
        (
            ("Hank", STEADY),
            ("Ines", NIGHTLY),
            ("Jamal", EXPERT),
            ("Kate", BEGINNER),
            ("Liam", DROPOUT),
            ("Maya", DILIGENT),
        ),
    ),
    Place(
        "Lord Howe reading group",
        "discord",
        "Australia/Lord_Howe",
        time(1, 45),
        "gentle",
        (
            ("Olive", STEADY),
            ("Pete", WEEKENDS),
            ("Rosa", EXPERT),
            ("Sam", NIGHTLY),
            ("Tilda", DILIGENT),
        ),
    ),
)
"""New York is asked at an hour that is left out on one night of the year, Lord Howe at one that comes twice on one."""
