"""Which local day it is, and which question that day gets."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

FIRST_QUESTION = "square-gradient"
"""The question a new schedule begins with, where it exists."""


def local_date(at: datetime, zone: str) -> date:
    """The date in ``zone`` (an IANA name) at the aware time ``at``. Raises ValueError for an unknown zone."""
    try:
        return at.astimezone(ZoneInfo(zone)).date()
    except (KeyError, OSError) as error:  # not found, or a directory of the zone database
        raise ValueError(f"no time zone is called {zone!r}") from error


def choose_question(current: Sequence[str], asked: Sequence[str]) -> str | None:
    """The id to ask next, ``None`` when there is none at all.

    ``current`` are the ids that may be asked, ``asked`` those this schedule has asked, oldest first. Nothing is
    repeated until everything was asked; after that it is the turn of what was asked longest ago.
    """
    if not asked and FIRST_QUESTION in current:
        return FIRST_QUESTION
    last_asked = {identity: turn for turn, identity in enumerate(asked)}
    return min(current, key=lambda identity: (last_asked.get(identity, -1), identity), default=None)
