"""How a question fares with those who were asked it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

LEAST_ATTEMPTS, LEAST_LEARNERS = 10, 3
"""Answers without a right one, and of how many learners, after which an admin hears of it."""


@dataclass(frozen=True, slots=True)
class QuestionHealth:
    """A question as one community met it.

    ``answered`` and ``solved`` count learners, once a posting. ``attempts`` says how many of those took how many
    attempts, ``diagnoses`` how many answers had which named mistake.
    """

    question_id: str
    title: str
    postings: int
    answered: int
    solved: int
    attempts: Mapping[int, int]
    diagnoses: Mapping[str, int]

    @property
    def solve_rate(self) -> float | None:
        """The share of those who answered that solved it; ``None`` while nobody answered."""
        return self.solved / self.answered if self.answered else None

    @property
    def median_attempts(self) -> float | None:
        """The median of attempts of who answered; ``None`` while nobody did."""
        return median(self.attempts)

    @property
    def commonest(self) -> tuple[str, int] | None:
        """The most frequent diagnosis with its count, the first by name of several; ``None`` without one."""
        ranked = sorted(self.diagnoses.items(), key=lambda item: (-item[1], item[0]))
        return ranked[0] if ranked else None


def median(counts: Mapping[int, int]) -> float | None:
    """The median of values given as how often each occurs; ``None`` of none at all."""
    total = sum(counts.values())
    if not total:
        return None
    lower, upper = _nth(counts, (total - 1) // 2), _nth(counts, total // 2)
    return (lower + upper) / 2


def _nth(counts: Mapping[int, int], index: int) -> int:
    for value in sorted(counts):
        index -= counts[value]
        if index < 0:
            return value
    raise IndexError(index)


def nobody_solves(attempts: int, learners: int) -> bool:
    """Whether so many answers of so many learners, none of them right, say something about the question."""
    return attempts >= LEAST_ATTEMPTS and learners >= LEAST_LEARNERS
