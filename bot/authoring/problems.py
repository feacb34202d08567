"""What is wrong with a question file, where, and how to mend it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

MAX_PROBLEMS = 50
"""Problems reported per file; a file with more is broken in one place that causes the rest."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in ``file`` at the 1-based ``line``; ``mend`` says what to do about it."""

    file: str
    line: int
    what: str
    mend: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.what}; {self.mend}"


@dataclass(frozen=True, slots=True)
class Problems:
    """Everything wrong with one file, by line; never empty."""

    problems: tuple[Problem, ...]

    def __str__(self) -> str:
        return "\n".join(map(str, self.problems))


class Notes:
    """Collects the problems of one file while it is read, so that all are told at once."""

    def __init__(self, file: str) -> None:
        self.file = file
        self._problems: list[Problem] = []

    def add(self, line: int, what: str, mend: str) -> None:
        """Note a problem at the 1-based ``line``."""
        self._problems.append(Problem(self.file, line, what, mend))

    @property
    def clean(self) -> bool:
        """Whether nothing was noted."""
        return not self._problems

    def result(self) -> Problems:
        """The problems so far by line, at most :data:`MAX_PROBLEMS` and a count of the rest."""
        ordered = sorted(self._problems, key=lambda problem: problem.line)
        kept, rest = ordered[:MAX_PROBLEMS], ordered[MAX_PROBLEMS:]
        if rest:
            kept.append(Problem(self.file, rest[0].line, f"{len(rest)} more problems", "mend the ones above first"))
        return Problems(tuple(kept))


def nearest(word: str, known: Iterable[str]) -> str:
    """How to mend an unknown ``word``: the nearest known one, or all of them."""
    names = tuple(known)
    match = difflib.get_close_matches(word[:80].lower(), [name.lower() for name in names], n=1, cutoff=0.6)
    if match:
        return f"did you mean `{next(name for name in names if name.lower() == match[0])}`?"
    return "known are " + ", ".join(f"`{name}`" for name in names)


def quoted(text: str) -> str:
    """Text of a file, short and on one line, to name it in a problem."""
    flat = " ".join(text.split()).replace("`", "'")
    return f"`{flat if len(flat) <= 40 else flat[:39] + '…'}`"
