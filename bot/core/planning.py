"""Reading what an admin types about when to post: a time, a zone, days, and how hard; errors say where."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from bot.core.choosing import MIXES

EVERY_DAY, WEEKDAYS, WEEKENDS = 0b1111111, 0b0011111, 0b1100000
_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SETS: Mapping[str, int] = {
    "daily": EVERY_DAY,
    "everyday": EVERY_DAY,
    "weekdays": WEEKDAYS,
    "workdays": WEEKDAYS,
    "weekends": WEEKENDS,
    "weekend": WEEKENDS,
}
_TIME = re.compile(r"(\d{1,4})(?:[:.h](\d{1,4}))?(am|pm)?", re.IGNORECASE)
_OFFSET = re.compile(r"(utc|gmt)?[+-]\d{1,2}(:?\d\d)?", re.IGNORECASE)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_MOST_SKIPPED = 366
_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Plan:
    """What was said of a schedule; ``None`` of what was not. See :class:`bot.core.records.Schedule`."""

    post_at: int | None = None
    zone: str | None = None
    days: int | None = None
    mix: str | None = None


@dataclass(frozen=True, slots=True)
class Mistyped:
    """What cannot be read: the word, how many characters stand before it, and what to write in its place."""

    word: str
    at: int
    message: str

    @property
    def sentence(self) -> str:
        """The message as a sentence of its own."""
        return f"{self.message[:1].upper()}{self.message[1:]}{'' if self.message.endswith('?') else '.'}"


def read_plan(text: str, zones: Mapping[str, str]) -> Plan | Mistyped:
    """The plan in words such as ``09:00 Europe/Berlin weekdays rising``, in any order.

    ``zones`` are the names of all zones by how they are written in small letters.
    """
    said: dict[str, int | str] = {}
    words: dict[str, str] = {}
    for found in re.finditer(r"[^\s,]+(?:,[^\s,]+)*", text):
        read = _read_word(found[0], zones)
        if isinstance(read, str):
            return Mistyped(found[0], found.start(), read)
        name, value = read
        if name in said:
            both = f"; several days are one word: {words[name]},{found[0]}"[: 2 * _SHOWN] if name == "days" else ""
            message = f"that is a second {_CALLED[name]}, and there can be one only{both}"
            return Mistyped(found[0], found.start(), message)
        said[name], words[name] = value, found[0]
    return Plan(**said)  # type: ignore[arg-type]  # each name has values of its own kind


_CALLED = {"post_at": "time", "zone": "time zone", "days": "set of days", "mix": "mix of levels"}


def _read_word(word: str, zones: Mapping[str, str]) -> tuple[str, int | str] | str:
    """The field a word is for and its value, or what is wrong with it."""
    low = word.lower()
    if low in MIXES:
        return "mix", low
    if _OFFSET.fullmatch(word):
        return (
            "an offset knows nothing of daylight saving; name a place with that time, such as Europe/Berlin or "
            "Asia/Kolkata"
        )
    if time := _TIME.fullmatch(word):
        return _read_time(*time.groups())
    days = _read_days(low)
    if days is not None:
        return "days", days
    zone = zones.get(low)
    return ("zone", zone) if zone else _nothing_called(word, zones)


def _read_time(hours: str, minutes: str | None, half: str | None) -> tuple[str, int] | str:
    if minutes is None and half is None:
        return f"a time has hours and minutes, such as {hours[:2]:0>2}:00"
    hour, minute = int(hours), int(minutes or 0)
    if half and not 1 <= hour <= 12:
        return f"there is no hour {hour} {half.lower()}; with am or pm hours go from 1 to 12"
    if half:
        hour = hour % 12 + (12 if half.lower() == "pm" else 0)
    if hour > 23:
        return f"there is no hour {hour}; hours go from 0 to 23"
    if minute > 59:
        return f"there is no minute {minute}; minutes go from 0 to 59"
    return "post_at", 60 * hour + minute


def _read_days(word: str) -> int | None:
    """The days in ``weekdays``, ``mon-fri``, ``tuesdays`` or ``mon,wed,fri`` as a mask; ``None`` where it is none."""
    mask = 0
    for part in word.split(","):
        first, dash, last = part.partition("-")
        if part in _SETS:
            mask |= _SETS[part]
            continue
        start, end = _day(first), _day(last if dash else first)
        if start is None or end is None:
            return None
        for number in range((end - start) % 7 + 1):
            mask |= 1 << (start + number) % 7
    return mask


def _day(word: str) -> int | None:
    named = [number for number, name in enumerate(_NAMES) if len(word) > 1 and f"{name}s".startswith(word)]
    return named[0] if len(named) == 1 else None


def _nothing_called(word: str, zones: Mapping[str, str]) -> str:
    if "/" in word or word[:1].isupper():
        return f"no time zone is called so{_near(word, zones) or '; a name is like Europe/Berlin or America/New_York'}"
    known = (*MIXES, *_SETS, *_NAMES)
    near = difflib.get_close_matches(word.lower()[:_SHOWN], known, n=1, cutoff=0.7)
    if near:
        return f"did you mean {near[0]}?"
    zone = _near(word, zones)
    if zone:
        return f"that is no time, time zone, day or mix of levels{zone}"
    return f"that is no time (09:00), no time zone (Europe/Berlin), no days (weekdays) and no mix ({', '.join(MIXES)})"


def _near(word: str, zones: Mapping[str, str]) -> str:
    low = word.lower()[:_SHOWN]
    city = low.rpartition("/")[2].replace(" ", "_")
    by_city = {name.rpartition("/")[2]: name for name in zones}
    near = difflib.get_close_matches(low, zones, n=1, cutoff=0.75)
    near = near or [by_city[match] for match in difflib.get_close_matches(city, by_city, n=1, cutoff=0.75)]
    return f"; did you mean {zones[near[0]]}?" if near else ""


def read_skip(text: str, first: date) -> date | Mistyped:
    """Until which local date nothing is to be posted, the date included.

    Said is nothing (the ``first`` date, the next there would be), a number of days from ``first`` on, or a date.
    """
    said = text.strip()
    word = said.removeprefix("until").strip()
    at = text.find(word) if word else 0
    if not word and not said:
        return first
    if re.fullmatch(r"\d+", word) and not said.startswith("until"):
        count = int(word[:_SHOWN])
        if not 1 <= count <= _MOST_SKIPPED:
            return Mistyped(word[:_SHOWN], at, f"between 1 and {_MOST_SKIPPED} days can be skipped; to stop, pause")
        return first + timedelta(days=count - 1)
    try:
        day = date.fromisoformat(word) if _DATE.fullmatch(word) else None
    except ValueError:
        return Mistyped(word, at, "there is no such date")
    if day is None:
        return Mistyped(word[:_SHOWN], at, f"that is no number of days and no date such as {first}")
    if day < first:
        return Mistyped(word, at, f"the next question is of {first}; skip that date or a later one")
    if day > first + timedelta(days=_MOST_SKIPPED):
        return Mistyped(word, at, "that is more than a year away; to stop for so long, pause")
    return day


def days_text(mask: int) -> str:
    """A set of days as a person would say it, and :func:`read_plan` reads it."""
    named = {EVERY_DAY: "daily", WEEKDAYS: "weekdays", WEEKENDS: "weekends"}
    return named.get(mask) or ",".join(name[:3] for number, name in enumerate(_NAMES) if mask >> number & 1)


def time_text(minutes: int) -> str:
    """Minutes after midnight as the clock shows them."""
    return f"{minutes // 60:02}:{minutes % 60:02}"
