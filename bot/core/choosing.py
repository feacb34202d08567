"""Which question a day gets: what was queued, how hard it may be, and what must have been asked before it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from bot.core.questions import Level, Question

FIRST_QUESTION = "square-gradient"
"""The question a new schedule begins with, where it exists."""

_LEVELS = tuple(Level)
_E, _M, _H = _LEVELS
MIXES: Mapping[str, tuple[Level | None, ...]] = {
    "any": (None,) * 7,
    "rising": (_E, _E, _M, _M, _H, _M, _E),
    "gentle": (_E, _E, _M, _E, _M, _E, _E),
    "tough": (_M, _H, _M, _H, _H, _M, _H),
    "easy": (_E,) * 7,
    "medium": (_M,) * 7,
    "hard": (_H,) * 7,
}
"""How hard the question of each day of the week is, from Monday on, by the name of the preset."""

BEFORE: Mapping[str, tuple[str, ...]] = {
    "backward": ("requires-grad",),
    "accumulation": ("backward",),
    "grad-fn": ("requires-grad",),
    "graph": ("requires-grad",),
    "leaf": ("requires-grad",),
    "detach": ("graph",),
    "no-grad": ("graph",),
    "broadcasting": ("chain-rule",),
    "reductions": ("chain-rule",),
    "indexing": ("chain-rule",),
    "matmul": ("chain-rule",),
    "vector-jacobian-product": ("chain-rule", "backward"),
    "views": ("graph",),
    "in-place": ("graph",),
    "saved-tensors": ("graph",),
    "memory": ("saved-tensors",),
    "hooks": ("graph",),
    "optimizer": ("accumulation",),
    "training-loop": ("accumulation",),
    "clipping": ("optimizer",),
    "softmax": ("chain-rule",),
    "cross-entropy": ("softmax",),
    "normalization": ("reductions",),
    "layers": ("matmul",),
    "higher-order": ("vector-jacobian-product",),
    "custom-function": ("vector-jacobian-product", "saved-tensors"),
    "function-transforms": ("vector-jacobian-product",),
    "reinforcement-learning": ("detach",),
}
"""Topics that should have been met before a topic, where there are questions about them; no cycle among them."""


def level_on(day: date, mix: str) -> Level | None:
    """How hard the question of ``day`` should be; ``None``: as it comes, which an unknown ``mix`` is too."""
    return MIXES.get(mix, MIXES["any"])[day.weekday()]


def turns(
    questions: Sequence[Question], asked: Sequence[str], queued: Sequence[str] = (), level: Level | None = None
) -> tuple[str, ...]:
    """Ids of those of ``questions`` that may be asked next, in the order of their turn; none only without questions.

    ``asked`` are the ids that this schedule has asked, oldest first. What is ``queued`` comes first, in its order.
    Otherwise nothing is repeated until everything was asked; after that the half is left out that was asked last.
    First come those of the ``level``, or nearest to it; among them those that need least of what was never met.
    """
    known = {question.id: question for question in questions}
    if waiting := tuple(identity for identity in queued if identity in known):
        return waiting
    last_asked = {identity: turn for turn, identity in enumerate(asked)}
    fresh = [question for question in questions if question.id not in last_asked]
    if not fresh:
        oldest = sorted(questions, key=lambda question: last_asked[question.id])
        fresh = oldest[: (len(oldest) + 1) // 2]
    met = {topic for identity in last_asked if identity in known for topic in known[identity].topics}
    ahead = {topic for question in fresh for topic in question.topics} - met

    def rank(question: Question) -> tuple[bool, int, int, int, str]:
        far = 0 if level is None else abs(_LEVELS.index(question.level) - _LEVELS.index(level))
        is_first = not asked and question.id == FIRST_QUESTION
        return not is_first, far, len(needed(question) & ahead), last_asked.get(question.id, -1), question.id

    return tuple(question.id for question in sorted(fresh, key=rank))


def needed(question: Question) -> frozenset[str]:
    """Topics to be met before a question: those before its own, and before these, but for its own."""
    needed: set[str] = set()
    todo = list(question.topics)
    while todo:
        before = [topic for topic in BEFORE.get(todo.pop(), ()) if topic not in needed]
        needed.update(before)
        todo += before
    return frozenset(needed - set(question.topics))


def unasked(questions: Sequence[Question], asked: Sequence[str]) -> int:
    """How many of ``questions`` this schedule has never asked."""
    return len({question.id for question in questions} - set(asked))
