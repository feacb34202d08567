"""What is wrong with a question file, where, and how to mend it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

MAX_PROBLEMS = 50
"""Problems reported per file; a file with more is broken in one place that causes the rest."""
# A hostile file can know thousands of names, and comparing each with each takes minutes.
_MOST_COMPARED, _MOST_SHOWN = 100, 20


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in ``file`` at the 1-based ``line``; ``mend`` says what to do about it.

    ``line`` is 0 where it is about no line, ``file`` empty where it is about no file.
    """

    file: str
    line: int
    what: str
    mend: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}: " if self.line else f"{self.file}: " if self.file else ""
        return f"{place}{self.what}; {self.mend}"


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
    def count(self) -> int:
        """How many were noted so far."""
        return len(self._problems)

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
    if match := closest(word, names):
        return f"did you mean `{match}`?"
    return "known are " + ", ".join(f"`{name}`" for name in names[:_MOST_SHOWN]) + ", …" * (len(names) > _MOST_SHOWN)


def closest(word: str, known: Iterable[str]) -> str | None:
    """The known word that ``word`` was probably meant to be; None where there is none like it."""
    names = {name.lower(): name for name in islice(known, _MOST_COMPARED)}
    match = difflib.get_close_matches(word[:80].lower(), names, n=1, cutoff=0.6)
    return names[match[0]] if match else None


def quoted(text: str) -> str:
    """Text of a file, short and on one line, to name it in a problem."""
    flat = " ".join(text.split()).replace("`", "'")
    return f"`{flat if len(flat) <= 40 else flat[:39] + '…'}`"
