"""What an admin reads about an uploaded question: all that can be acted on, and no more than fits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.core.cards import Card, Markdown
from bot.core.presenting.uploads import upload_card
from bot.core.records import Finding, Findings, Upload, UploadState
from bot.core.sizes import DISCORD_MESSAGE, SLACK_HEADER, SLACK_SECTION
from bot.platforms.console.rendering import card_parts, plain
from bot.platforms.layout import Budget, Part, lay_out, text_of

MARKUP = 10
"""Characters a chat adds to a part or a line of it."""


def found(state: UploadState, lines: Sequence[Finding], title: str = "The gradient of a mean") -> Card:
    findings = Findings("mean-gradient", title, tuple(lines))
    return upload_card(Upload(5, 1, 1, "e1", "", datetime(2026, 3, 9, tzinfo=UTC), state, findings))


def read(card: Card) -> str:
    return plain(card_parts(card), width=200)


def size(part: Part) -> int:
    text = text_of(part)
    return len(text) + MARKUP * (text.count("\n") + 1)


def holds(count: int, detail: str = "fails on every trial, with its own message") -> list[Finding]:
    return [Finding(f"wrong answer {n}: {'A mistake of somebody'}", True, detail) for n in range(1, count + 1)]


def fails(count: int, detail: str = "it gives 6, not 7", mend: str = "mend it") -> list[Finding]:
    return [Finding(f"wrong answer {n}", False, detail, mend) for n in range(1, count + 1)]


def test_what_failed_stands_first_and_in_full_with_what_mends_it() -> None:
    lines = [*holds(2), *fails(2), Finding("mutants", None, "need a solution that works")]
    text = read(found(UploadState.REFUSED, lines))
    assert text.index("✗ wrong answer 2: it gives 6, not 7\n→ mend it") < text.index("✓ wrong answer 1")
    assert "– mutants" in text
    assert "need a solution that works" in text


def test_the_title_counts_what_is_to_be_mended() -> None:
    assert found(UploadState.REFUSED, [*holds(3), *fails(1)]).title == "Not proven: 1 thing to mend"
    assert found(UploadState.REFUSED, fails(2)).title == "Not proven: 2 things to mend"


@pytest.mark.parametrize(
    ("state", "verbs"),
    [
        (UploadState.CHECKING, []),
        (UploadState.PROVEN, [("publish", "5"), ("discard", "5")]),
        (UploadState.REFUSED, [("upload", "")]),
        (UploadState.PUBLISHED, []),
        (UploadState.DISCARDED, []),
    ],
)
def test_every_state_offers_what_can_be_done_then(state: UploadState, verbs: list[tuple[str, str]]) -> None:
    actions = found(state, holds(1)).actions
    assert [(action.verb, action.argument) for action in actions] == verbs


@pytest.mark.parametrize("state", UploadState)
def test_an_upload_without_findings_has_a_card_in_every_state(state: UploadState) -> None:
    card = upload_card(Upload(5, 1, 1, "e1", "", datetime(2026, 3, 9, tzinfo=UTC), state, None))
    assert card.title
    assert card.blocks


MANY = {
    "as many checks as there can be": (UploadState.PROVEN, holds(24)),
    "a problem in every line": (UploadState.REFUSED, fails(51, "d" * 90, "m" * 60)),
    "long details": (UploadState.REFUSED, [*fails(12, "d" * 1_000, "m" * 1_000), *holds(12, "h" * 1_000)]),
    "long names": (UploadState.PROVEN, [replace(line, name="n" * 1_000) for line in holds(24)]),
    "a long reason to wait": (UploadState.CHECKING, [Finding("sandbox", None, "r" * 1_000)]),
}


@pytest.mark.parametrize(("state", "lines"), MANY.values(), ids=MANY)
def test_whatever_was_found_fits_into_one_message(state: UploadState, lines: list[Finding]) -> None:
    card = found(state, lines, title="t" * 1_000)
    laid = lay_out(card, Budget(DISCORD_MESSAGE, SLACK_SECTION, SLACK_HEADER, size))
    assert laid.attachments == ()
    assert sum(map(size, laid.parts)) <= DISCORD_MESSAGE


def test_every_check_of_a_proven_question_is_told() -> None:
    text = read(found(UploadState.PROVEN, holds(24)))
    assert text.count("✓ wrong answer") == 24
    assert "more check" not in text


def test_what_is_left_out_is_counted() -> None:
    assert "And 47 more things: mend these first." in read(found(UploadState.REFUSED, fails(50, "d" * 450, "")))
    assert "and 15 more checks" in read(found(UploadState.REFUSED, [*fails(1), *holds(24, "h" * 100)]))


@pytest.mark.parametrize("state", UploadState)
def test_nothing_an_author_wrote_is_read_as_markup_or_stands_in_a_title(state: UploadState) -> None:
    hostile = "<@everyone> `x` **y** [z](https://example.com)"
    lines = [Finding(hostile, ok, hostile, hostile) for ok in (True, False, None)]
    card = found(state, lines, title=hostile)
    assert "everyone" not in card.title
    assert all("everyone" not in block.text for block in card.blocks if isinstance(block, Markdown))
