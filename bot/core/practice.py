"""Which question to practise on."""

from __future__ import annotations

from collections.abc import Sequence

from bot.core.questions import Level, Question

_LEVELS = tuple(Level)


def matching(questions: Sequence[Question], said: str) -> tuple[Question, ...]:
    """The questions with this id, kind or level, else those with a topic that contains ``said``; all for silence."""
    word = "-".join(said.lower().split())
    if not word:
        return tuple(questions)
    exact = [question for question in questions if word in (question.id.lower(), question.kind, question.level)]
    return tuple(exact or (question for question in questions if _is_about(question, word)))


def _is_about(question: Question, word: str) -> bool:
    return any(word in topic.lower() for topic in question.topics)


def choose_practice(questions: Sequence[Question], practised: Sequence[str]) -> Question | None:
    """The question to practise next, ``None`` when there is none.

    ``practised`` are ids, the latest last. What was never practised comes first, then what was longest ago; among
    equals code before values, easy before hard.
    """
    last = {identity: turn for turn, identity in enumerate(practised)}

    def rank(question: Question) -> tuple[int, bool, int, str]:
        level = _LEVELS.index(question.level)
        return last.get(question.id, -1), question.kind != "code", level, question.id

    return min(questions, key=rank, default=None)
