"""How questions fare, to admins."""

from __future__ import annotations

from collections.abc import Sequence

from bot.core.cards import Card, Facts, Note, Plain, Table, Tone
from bot.core.health import QuestionHealth
from bot.core.records import Posting
from bot.core.words import counted

MOST_LISTED = 20
MOST_DIAGNOSES = 5


def all_health_card(found: Sequence[QuestionHealth]) -> Card:
    """Every question asked in a community, the least solved first."""
    if not found:
        return Card("How questions fare", (Plain("No question has been asked here yet."),))
    ranked = sorted(found, key=lambda each: (1.0 if each.solve_rate is None else each.solve_rate, each.question_id))
    rows = tuple(map(_row, ranked[:MOST_LISTED]))
    columns = ("question", "answered", "solved", "attempts", "most often")
    left = len(ranked) - len(rows)
    notes = (*((Note(f"… and {left} more, which more people solved."),) if left else ()), Note(_MORE))
    return Card("How questions fare", (Table(columns, rows), *notes))


_MORE = "Attempts are the median of who answered. For one question: gradadmin question health, and its id"


def _row(found: QuestionHealth) -> tuple[str, ...]:
    commonest = found.commonest
    return (
        found.question_id,
        str(found.answered),
        _rate(found),
        _median(found),
        f"{commonest[0]} ({commonest[1]})" if commonest else "",
    )


def _rate(found: QuestionHealth) -> str:
    return "" if found.solve_rate is None else f"{found.solve_rate:.0%}"


def _median(found: QuestionHealth) -> str:
    return "" if found.median_attempts is None else f"{found.median_attempts:g}"


def health_card(found: QuestionHealth) -> Card:
    """One question as a community met it."""
    facts = Facts(
        (
            ("id", found.question_id),
            ("asked", counted(found.postings, "time")),
            ("answered by", counted(found.answered, "learner")),
            ("solved by", f"{found.solved} ({_rate(found)})" if found.answered else "nobody yet"),
            ("median of attempts", _median(found) or "none yet"),
        )
    )
    ranked = sorted(found.diagnoses.items(), key=lambda item: (-item[1], item[0]))[:MOST_DIAGNOSES]
    mistakes = Table(("mistake", "answers"), tuple((name, str(count)) for name, count in ranked))
    named = (mistakes,) if ranked else (Plain("No wrong answer had a mistake known by name."),)
    return Card(found.title, (facts, *named, Note("Practice and what was taken back are left out.")))


def unknown_question_card(said: str) -> Card:
    """No question of this id was asked there."""
    sentence = f"No question with the id {said.strip()[:60]} was asked here. Without an id, I list those that were."
    return Card("I do not know that question", (Plain(sentence),), Tone.WARNING)


def unsolved_text(posting: Posting, attempts: int, learners: int) -> str:
    """What an admin is told of a posting that nobody solves."""
    return (
        f"“{posting.version.question.title}” of {posting.local_date.isoformat()} (posting no. {posting.id}) has "
        f"{counted(attempts, 'answer')} of {counted(learners, 'learner')}, and none of them is right."
    )
