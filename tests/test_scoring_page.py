"""The tables of docs/scoring.md are what the code computes."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path

import pytest

from bot.core.questions import Level
from bot.core.records import AnsweredPosting
from bot.core.scoring import (
    ATTEMPT_SHARES,
    BASE_POINTS,
    FIRST_TRY_BONUS,
    HINT_COST,
    MAX_FREEZES,
    POSTINGS_PER_FREEZE,
    SEASON_LENGTHS,
    points_for,
    streak,
)

PAGE = (Path(__file__).parents[1] / "docs/scoring.md").read_text()


def table(head: str) -> list[list[str]]:
    """The cells of each row below the line that begins with `head`."""
    lines = PAGE[PAGE.index(head) :].split("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


@pytest.mark.parametrize("row", table("| level |"), ids=" ".join)
def test_points_are_as_the_page_says(row: list[str]) -> None:
    level, kind, attempt, hints, seen, points, _ = row
    assert points_for(Level(level), kind, int(attempt), int(hints), seen == "yes") == int(points)


@pytest.mark.parametrize("row", table("| questions |"), ids=" ".join)
def test_streaks_are_as_the_page_says(row: list[str]) -> None:
    marks, *numbers = row
    first = date(2026, 1, 1)
    postings = [
        AnsweredPosting(first + timedelta(day), mark == "x", void=mark == "v")
        for day, mark in enumerate(marks.strip("`"))
    ]
    found = streak(postings, first + timedelta(len(postings)))
    assert [found.current, found.best, found.freezes] == list(map(int, numbers))


def test_every_level_and_kind_has_a_row() -> None:
    assert {(row[0], row[1]) for row in table("| level |")} >= {(level, "code") for level in Level}
    assert {row[1] for row in table("| level |")} == {"code", *ATTEMPT_SHARES}


def test_the_numbers_in_its_sentences_are_the_codes() -> None:
    text = " ".join(PAGE.split())
    for level, base in BASE_POINTS.items():
        assert f"**{base}** for {level}" in text
    assert FIRST_TRY_BONUS == 0.5
    assert "half of the base is added" in text
    first, second, third = ATTEMPT_SHARES["value"]
    assert f"{first:.0%}, {second:.0%} and {third:.0%} of the base".replace("%", " %") in text
    assert f"takes {HINT_COST:.0%} of the base".replace("%", " %") in text
    assert f"earned per {POSTINGS_PER_FREEZE} answered questions; at most {MAX_FREEZES} are held" in text
    *most, last = map(str, SEASON_LENGTHS)
    assert f"({', '.join(most)} or {last} months)" in text
    assert re.search(r"`gradadmin schedule void`.*`gradadmin rejudge`", text)
