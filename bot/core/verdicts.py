"""Verdicts: the judgement of one submission, computed outside the learner's process."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from sandbox.protocol import Failure


class Outcome(enum.StrEnum):
    """What a submission came to."""

    ACCEPTED = "accepted"
    WRONG_ANSWER = "wrong answer"
    RUNTIME_ERROR = "runtime error"
    TIME_LIMIT = "time limit"
    MEMORY_LIMIT = "memory limit"
    OUTPUT_LIMIT = "output limit"
    FORBIDDEN = "forbidden operation"
    CRASHED_SANDBOX = "crashed the sandbox"


class MismatchKind(enum.StrEnum):
    """In which respect an observed value is not the expected one."""

    MISSING = "missing"
    KIND = "kind"
    SHAPE = "shape"
    DTYPE = "dtype"
    NOT_FINITE = "not finite"
    VALUE = "value"


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One observation that is not as expected; ``expected`` and ``got`` are texts short enough to show."""

    observation: str
    kind: MismatchKind
    expected: str
    got: str
    message: str


@dataclass(frozen=True, slots=True)
class FailingTrial:
    """One trial on which the answer failed: its inputs as (name, text), and every mismatch."""

    inputs: tuple[tuple[str, str], ...]
    mismatches: tuple[Mismatch, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The judgement of one submission.

    ``message`` is one sentence to the learner, or, if ``by_author``, the Markdown of the question's author.
    ``passed`` of ``total`` trials passed. ``failure`` is the exception of their own code, ``output`` what it printed.
    ``spent_trial`` is the id of a scoring trial that was shown and must be retired. ``diagnosis`` names the
    misconception, empty where none is known. ``ms`` is wall time from the judge taking the submission to this verdict.
    """

    outcome: Outcome
    message: str
    passed: int = 0
    total: int = 0
    failing: FailingTrial | None = None
    failure: Failure | None = None
    output: str = ""
    spent_trial: int | None = None
    ms: float = 0.0
    diagnosis: str = ""
    by_author: bool = False

    @property
    def accepted(self) -> bool:
        """Whether the answer is right."""
        return self.outcome is Outcome.ACCEPTED
