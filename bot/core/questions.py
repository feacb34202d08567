"""A question and its trials, as everything else in the core sees them."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from bot.core.closeness import Tolerance
from sandbox.values import Value

SCORED_TRIALS = 3
"""How many trials an answer is judged on."""
VARIANTS = 16
"""How many variants a personal question has."""


class Unsound(Exception):
    """A question cannot be asked as it is: ``what`` was found, and how its author can ``mend`` it.

    ``section`` is where in the file, by its name as in :func:`bot.authoring.locating.code_lines`; empty where it does
    not follow from what was found alone.
    """

    def __init__(self, what: str, mend: str, section: str = "") -> None:
        super().__init__(what, mend, section)
        self.what = what
        self.mend = mend
        self.section = section

    def __str__(self) -> str:
        return f"{self.what}; {self.mend}"


class Level(enum.StrEnum):
    """How hard a question is; also decides what it is worth."""

    EASY = "easy"
    MEDIUM = "medium"
    HARD = "hard"


class Kind(enum.StrEnum):
    """What a learner gives: code, a typed value, or one of several options."""

    CODE = "code"
    VALUE = "value"
    CHOICE = "choice"


@dataclass(frozen=True, slots=True)
class WrongAnswer:
    """An answer that must fail, what a learner who gives it is told, and the ``name`` of what it gets wrong."""

    answer: str
    message: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class CodeTask:
    """Write ``entry`` so that what is observed equals what the solution produces on the same inputs.

    ``inputs`` is the source of ``inputs(generator) -> dict``; ``observe`` and ``backward`` as in
    :class:`sandbox.protocol.Job`. ``probe`` is the source of ``probe(entry, **inputs) -> dict``; where there is one,
    it drives the entry and ``observe`` names what it returns. ``example`` is an expression for the inputs Try uses.

    How observations are compared: ``none_is_zero`` lets a missing gradient stand for zeros; ``tolerance`` replaces the
    constants of the dtype; ``zero`` names observations that are zero up to rounding, ``not_finite`` those that may hold
    NaN and infinities, ``trust`` those that are claims (a name, ``is_leaf``): forgeable, so they never decide alone.
    ``accepts`` names the mutations of :mod:`bot.core.mutants` that are right answers here.
    """

    entry: str
    starter: str
    inputs: str
    solution: str
    observe: tuple[str, ...] = ("result",)
    backward: bool = False
    none_is_zero: bool = False
    probe: str = ""
    example: str = ""
    tolerance: Tolerance | None = None
    zero: tuple[str, ...] = ()
    not_finite: tuple[str, ...] = ()
    trust: tuple[str, ...] = ()
    accepts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Param:
    """A placeholder ``$name`` of a personal question, and the texts that may stand for it."""

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ValueTask:
    """Say what ``expression`` is after ``snippet`` ran; the name of the exception where either raises.

    ``solution`` is an answer as a learner would type it. With ``params`` the question is personal: each learner gets
    one of :data:`VARIANTS` fillings, and solution and wrong answers are Python expressions, evaluated after the
    snippet.
    """

    snippet: str
    expression: str
    solution: str
    params: tuple[Param, ...] = ()


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a choice question; ``note`` says why it is right, or why not. ``text`` is inline Markdown."""

    text: str
    note: str
    right: bool = False


@dataclass(frozen=True, slots=True)
class ChoiceTask:
    """Choose the one right option; ``proof`` is code that runs after ``snippet`` and raises if the facts are wrong."""

    options: tuple[Option, ...]
    proof: str
    snippet: str = ""


Task: TypeAlias = CodeTask | ValueTask | ChoiceTask


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
    def kind(self) -> Kind:
        """What it asks for, as its task says."""
        match self.task:
            case CodeTask():
                return Kind.CODE
            case ValueTask():
                return Kind.VALUE
            case ChoiceTask():
                return Kind.CHOICE


def code_task(question: Question) -> CodeTask:
    """What a code question asks. Raises TypeError for any other."""
    if not isinstance(question.task, CodeTask):
        raise TypeError(f"{question.id} asks for no code")
    return question.task


def value_task(question: Question) -> ValueTask:
    """What a value question asks. Raises TypeError for any other."""
    if not isinstance(question.task, ValueTask):
        raise TypeError(f"{question.id} asks for no value")
    return question.task


def choice_task(question: Question) -> ChoiceTask:
    """What a choice question asks. Raises TypeError for any other."""
    if not isinstance(question.task, ChoiceTask):
        raise TypeError(f"{question.id} offers no choice")
    return question.task


class Bank(enum.StrEnum):
    """Which trials decide a verdict, and which ones a learner may see."""

    SCORING = "scoring"
    PUBLIC = "public"


@dataclass(frozen=True, slots=True)
class Mistake:
    """What one wrong answer did on a trial: what was ``observed``, or the ``error`` it raised (``"Type: message"``).

    An error is also how its run ended, where that was no exception. With neither, nothing is :attr:`known`: the trial
    comes after the one it raised on, and was never reached.
    """

    observed: Mapping[str, Value]
    error: str = ""

    @property
    def known(self) -> bool:
        """Whether the answer came to this trial."""
        return bool(self.observed or self.error)


@dataclass(frozen=True, slots=True)
class Trial:
    """One draw of inputs with what the solution produced for them.

    ``noise`` holds, per observation, N = max|e32 - e64| plus the spread of two reference runs, as the comparator
    uses it. ``id`` is the store's key, 0 before it is stored. ``mistakes`` are parallel to the question's wrong
    answers, on trials a learner may be shown; empty on others. The inputs of a personal question are the texts of one
    variant by placeholder, its one observation ``value``.
    """

    inputs: Mapping[str, Value]
    expected: Mapping[str, Value]
    noise: Mapping[str, float]
    id: int = 0
    mistakes: tuple[Mistake, ...] = ()
