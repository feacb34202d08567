"""Which question to practise on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

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


def choose_practice(questions: Sequence[Question], practised: Sequence[str], in_view: str = "") -> Question | None:
    """The question to practise next, ``None`` when there is none.

    ``practised`` are ids, the latest last. What was never practised comes first, then what was longest ago; among
    equals code before values, easy before hard. After the question with the id ``in_view`` comes the next one in this
    order, so that asking again and again goes through all of them.
    """
    last = {identity: turn for turn, identity in enumerate(practised)}

    def rank(question: Question) -> tuple[int, bool, int, str]:
        level = _LEVELS.index(question.level)
        return last.get(question.id, -1), question.kind != "code", level, question.id

    order = sorted(questions, key=rank)
    after = next((index for index, question in enumerate(order, 1) if question.id == in_view), 0)
    return order[after % len(order)] if order else None
