"""Leaderboards and a learner's own numbers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from bot.core.cards import Action, Block, Card, Facts, Note, Plain, Table, Tone
from bot.core.presenting.pieces import outcome_text
from bot.core.presenting.postings import BOARD, PRACTICE, TODAY
from bot.core.presenting.recaps import board_row
from bot.core.presenting.verdicts import streak_text
from bot.core.records import AnsweredPosting, Learner, Placed, Posting, Submission, Window
from bot.core.scoring import POSTINGS_PER_FREEZE, Streak
from bot.core.words import counted

HEAT_POSTINGS = 14
HIDDEN = "You are hidden: nobody else sees your row, and it takes nobody's place."
ANSWERED, MISSED, FROZEN, OPEN, VOID, EXCUSED = "■", "□", "❄", "◌", "·", "○"
_LEGEND = {
    ANSWERED: "answered",
    MISSED: "missed",
    FROZEN: "frozen",
    OPEN: "still open",
    VOID: "void",
    EXCUSED: "excused",
}
_SPANS = {
    Window.DAY: "of the day",
    Window.WEEK: "of the week",
    Window.MONTH: "of the month",
    Window.SEASON: "of the season",
    Window.ALL: "of all time",
}


def board_card(window: Window, key: str, top: Sequence[Placed], own: Placed | None, learner: Learner) -> Card:
    """The first places of a window, and the caller's own (``own``) below them when it is further down."""
    title = f"Leaderboard {_SPANS[window]}" + ("" if window is Window.ALL else f" ({key})")
    others = tuple(Action(other.value.capitalize(), "leaderboard", other.value) for other in Window if other != window)
    if not top and own is None:
        empty = Plain("Nobody has earned points here yet. The first right answer takes the first place.")
        return Card(title, (empty,), actions=(TODAY, *others))
    ids = [placed.learner.id for placed in top]
    rows = [*top] if own is None or own.learner.id in ids else [*top, own]
    emphasis = next((index for index, placed in enumerate(rows) if placed.learner.id == learner.id), None)
    table = Table(("#", "learner", "points", "solved"), tuple(map(board_row, rows)), emphasis)
    return Card(title, (table, *_own_note(own, learner)), actions=others)


def _own_note(own: Placed | None, learner: Learner) -> tuple[Note, ...]:
    if own is None:
        return (Note("You are not on it yet: a right answer puts you there."),)
    return (Note(HIDDEN),) if learner.hidden else ()


def public_board_card(key: str, top: Sequence[Placed], *, kept: bool) -> Card:
    """The board of a season that everybody sees in a channel; ``kept``: it is shown anew when places change."""
    note = Note("It is kept up to date." if kept else "It is not kept up to date any more.")
    empty = Plain("Nobody has earned points this season yet. The first right answer takes the first place.")
    table = Table(("#", "learner", "points", "solved"), tuple(map(board_row, top)))
    return Card(f"Leaderboard {_SPANS[Window.SEASON]} ({key})", (table if top else empty, note), actions=(BOARD, TODAY))


def no_window_card(said: str) -> Card:
    """A span there is no board for."""
    spans = ", ".join(window.value for window in Window)
    return Card(
        "There is no such leaderboard",
        (Plain(f"You wrote: {said[:60]}"), Plain(f"There is one for each of {spans}; without a word it is season.")),
        Tone.WARNING,
        (BOARD,),
    )


def profile_card(
    learner: Learner,
    points: int,
    place: Placed | None,
    run: Streak,
    postings: Sequence[AnsweredPosting],
    recent: Sequence[tuple[Submission, Posting]],
    today: date,
    topics: tuple[Block, ...] = (),
) -> Card:
    """Points, place, streak, a strip of the last postings, ``topics``, and the last verdicts (newest first)."""
    facts = Facts(
        (
            ("points", str(points)),
            ("this season", f"place {place.rank} with {counted(place.points, 'point')}" if place else "no points yet"),
            ("streak", streak_text(run)),
            ("freezes", f"{run.freezes}; one is earned for every {POSTINGS_PER_FREEZE} answers and saves a missed day"),
        )
    )
    verdicts: Block = Plain("No verdicts yet: answer today's question to get the first one.")
    if recent:
        verdicts = Table(("date", "question", "attempt", "verdict"), tuple(_verdict_row(*pair) for pair in recent))
    return Card(
        learner.name, (facts, *_heat(postings, run, today), *topics, verdicts), actions=(TODAY, PRACTICE, BOARD)
    )


def _verdict_row(submission: Submission, posting: Posting) -> tuple[str, ...]:
    verdict = outcome_text(submission.verdict) if submission.verdict else "waiting"
    title = posting.version.question.title + " (practice)" * posting.practice
    return (posting.local_date.isoformat(), title, str(submission.attempt), verdict)


def _heat(postings: Sequence[AnsweredPosting], run: Streak, today: date) -> tuple[Block, ...]:
    if not postings:
        return ()
    open_from = min(today, postings[-1].local_date)  # the last one stays open until the next one comes
    strip = "".join(_mark(posting, run, open_from) for posting in postings[-HEAT_POSTINGS:])
    words = ", ".join(f"{mark} {meaning} {strip.count(mark)}" for mark, meaning in _LEGEND.items() if mark in strip)
    return (Facts(((f"last {counted(len(strip), 'question')}", strip), ("", words))),)


def _mark(posting: AnsweredPosting, run: Streak, open_from: date) -> str:
    if posting.void:
        return VOID
    if posting.answered:
        return ANSWERED
    if posting.excused:
        return EXCUSED
    if posting.local_date in run.frozen:
        return FROZEN
    return OPEN if posting.local_date >= open_from else MISSED
