"""A question and its trials, as everything else in the core sees them."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from sandbox.values import Value


class Level(enum.StrEnum):
    """How hard a question is; also decides what it is worth."""

    EASY = "easy"
    MEDIUM = "medium"
    HARD = "hard"


@dataclass(frozen=True, slots=True)
class WrongAnswer:
    """An answer that must fail, and what a learner who gives it is told."""

    answer: str
    message: str


@dataclass(frozen=True, slots=True)
class CodeTask:
    """Write ``entry`` so that what is observed equals what the solution produces on the same inputs.

    ``inputs`` is the source of ``inputs(generator) -> dict``; ``observe`` and ``backward`` as in
    :class:`sandbox.protocol.Job`. ``none_is_zero`` lets a missing gradient stand for zeros.
    """

    entry: str
    starter: str
    inputs: str
    solution: str
    observe: tuple[str, ...] = ("result",)
    backward: bool = False
    none_is_zero: bool = False


@dataclass(frozen=True, slots=True)
class ValueTask:
    """Say what ``expression`` is after ``snippet`` ran; ``solution`` is an answer as a learner would type it."""

    snippet: str
    expression: str
    solution: str


Task: TypeAlias = CodeTask | ValueTask


@dataclass(frozen=True, slots=True)
class Question:
    """One question file. ``prompt``, ``hints`` and ``explanation`` are Markdown by the author."""

    id: str
    title: str
    level: Level
    topics: tuple[str, ...]
    prompt: str
    task: Task
    wrong_answers: tuple[WrongAnswer, ...]
    hints: tuple[str, ...]
    explanation: str
    time_limit_ms: int = 5_000

    @property
    def kind(self) -> str:
        """``"code"`` or ``"value"``."""
        return "code" if isinstance(self.task, CodeTask) else "value"


class Bank(enum.StrEnum):
    """Which trials decide a verdict, and which ones a learner may see."""

    SCORING = "scoring"
    PUBLIC = "public"


@dataclass(frozen=True, slots=True)
class Trial:
    """One draw of inputs with what the solution produced for them.

    ``noise`` holds, per observation, N = max|e32 - e64| plus the spread of two reference runs, as the comparator
    uses it. ``id`` is the store's key, 0 before it is stored.
    """

    inputs: Mapping[str, Value]
    expected: Mapping[str, Value]
    noise: Mapping[str, float]
    id: int = 0
