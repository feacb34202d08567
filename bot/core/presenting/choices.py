"""What there is to practise, when nothing fits what was asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot.core.cards import Card, Facts, Plain, Tone
from bot.core.practice import unknown_words
from bot.core.presenting.postings import PRACTICE, TODAY
from bot.core.questions import Level, Question

MAX_LISTED = 60
"""Topics a card lists: more than the vocabulary of a bank should have, few enough for a message."""
MAX_IDS = 12
"""Questions a card lists by id; more of them are found by topic."""


def no_practice_card(said: str, questions: Sequence[Question]) -> Card:
    """Nothing among ``questions``, which are all but today's, is what the caller asked for."""
    title = "There is no such question to practise"
    if not questions:
        return Card(title, (Plain("Today's question is the only one there is."),), Tone.WARNING, (TODAY,))
    levels = {question.level for question in questions}
    facts = Facts(
        (
            ("kind", _listed({question.kind for question in questions})),
            ("level", ", ".join(level for level in Level if level in levels)),
            ("topic", _listed({topic for question in questions for topic in question.topics})),
            ("id", _ids(questions)),
        )
    )
    unknown = unknown_words(questions, said)
    reason = (
        f"Nothing here goes by {' or '.join(unknown)[:60]}."
        if unknown
        else f"There are questions of each sort, but none is all of {said.strip()[:60]}."
    )
    advice = "Say practice with any of these, or several; today's question is not among them:"
    return Card(title, (Plain(reason), Plain(advice), facts), Tone.WARNING, (PRACTICE, TODAY))


def todays_card(question: Question, *, elsewhere: bool = False) -> Card:
    """What was asked for to practise is the question of the day, here or ``elsewhere`` in the community."""
    if elsewhere:
        reason = f"“{question.title}” is open in another channel here: answered there, it earns points."
        return Card("That one counts now", (Plain(reason),), Tone.WARNING, (PRACTICE, TODAY))
    reason = f"“{question.title}” is today's question: answered there, it earns points. Practice is for the others."
    return Card("That is today's question", (Plain(reason),), Tone.WARNING, (TODAY, PRACTICE))


def _ids(questions: Sequence[Question]) -> str:
    if len(questions) > MAX_IDS:
        return f"any of {len(questions)}; every question shows its id when you practise it"
    return _listed(question.id for question in questions)


def _listed(words: Iterable[str]) -> str:
    known = sorted(words)
    more = f" … and {len(known) - MAX_LISTED} more" if len(known) > MAX_LISTED else ""
    return ", ".join(known[:MAX_LISTED]) + more
