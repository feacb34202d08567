"""Which question to practise on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from bot.core.choosing import needed
from bot.core.memory import Recollection
from bot.core.questions import Kind, Level, Question

_LEVELS = tuple(Level)
_SORTS = frozenset({*Level, *Kind})


def matching(questions: Sequence[Question], said: str) -> tuple[Question, ...]:
    """The questions that are all of what ``said`` names: levels, kinds and topics in any combination, or one id.

    All of them for silence. A word that is no level, kind or whole topic stands for every topic, id and title that
    contains it.
    """
    whole = "-".join(said.lower().split())
    named = tuple(question for question in questions if question.id.lower() == whole and whole not in _SORTS)
    return named or tuple(
        question for question in questions if all(_is(question, word, questions) for word in words(said))
    )


def unknown_words(questions: Sequence[Question], said: str) -> tuple[str, ...]:
    """The words in ``said`` that say nothing about any question."""
    return tuple(word for word in words(said) if not any(_is(question, word, questions) for question in questions))


def words(said: str) -> tuple[str, ...]:
    """What ``said`` asks for, word by word."""
    return tuple(re.split(r"[\s,;+]+", said.lower().strip(" \t\r\n,;+"))) if said.strip(" \t\r\n,;+") else ()


def _is(question: Question, word: str, questions: Sequence[Question]) -> bool:
    if word in _SORTS:
        return word in (question.kind, question.level)
    if any(word in _topics(other) for other in questions):
        return word in _topics(question)
    # People say "hooks" where a topic is called "hook", and the other way round.
    part = word.removesuffix("s") or word
    return any(part in text for text in (*_topics(question), question.id.lower(), question.title.lower()))


def _topics(question: Question) -> Iterator[str]:
    return (topic.lower() for topic in question.topics)


@dataclass(frozen=True, slots=True)
class Learned:
    """What a learner remembers ``at`` a time, by topic, and the ids of the questions they solved ``lately``."""

    at: datetime
    topics: Mapping[str, Recollection]
    lately: frozenset[str] = frozenset()


def choose_practice(
    questions: Sequence[Question], practised: Sequence[str], in_view: str = "", learned: Learned | None = None
) -> Question | None:
    """The question to practise next, ``None`` when there is none.

    Of topics that are due, those failed last come first, then what is due longest; after them come topics that are
    new, first those that need least of what is not known, and then what is not due yet. What was solved lately comes
    last: nothing new is learnt from it.

    Among equals, and all are for a learner of whom nothing is remembered, what was never practised comes first, then
    what was longest ago (``practised`` are ids, the latest last); then code before values, easy before hard. After the
    question with the id ``in_view`` comes the next one in this order, so that asking again and again goes through all
    of them.
    """
    last = {identity: turn for turn, identity in enumerate(practised)}

    def rank(question: Question) -> tuple[_Urgency, int, bool, int, str]:
        level = _LEVELS.index(question.level)
        urgency = _urgency(question, learned) if learned and learned.topics else _NO_URGENCY
        return urgency, last.get(question.id, -1), question.kind != "code", level, question.id

    order = sorted(questions, key=rank)
    after = next((index for index, question in enumerate(order, 1) if question.id == in_view), 0)
    return order[after % len(order)] if order else None


_Urgency: TypeAlias = tuple[int, bool, float, int]
_NO_URGENCY: _Urgency = (0, False, 0.0, 0)
_DUE, _NEW, _LATER, _LATELY = range(4)


def _urgency(question: Question, learned: Learned) -> _Urgency:
    known = [learned.topics[topic] for topic in question.topics if topic in learned.topics]
    missing = len(needed(question) - learned.topics.keys())
    if question.id in learned.lately:
        return _LATELY, False, 0.0, missing
    due = [(not each.failed, each.due_at.timestamp()) for each in known if each.due_at <= learned.at]
    if due:
        return _DUE, *min(due), missing
    if len(known) < len(set(question.topics)):
        return _NEW, False, 0.0, missing
    return _LATER, False, 0.0, missing
