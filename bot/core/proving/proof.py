"""A proof: what was checked about a question, and what its author can do about the rest."""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace

from bot.core.questions import Question, Unsound


class State(enum.StrEnum):
    """What came of one check."""

    OK = "ok"
    FAILED = "failed"
    NOT_APPLICABLE = "not applicable"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was checked: what was found, in ``detail``, and how to ``mend`` it where it failed.

    It is about a ``section`` of the file, by its name as in :func:`bot.authoring.locating.code_lines`, or about the
    file where that is empty, and about the 1-based ``line`` of the code there, where one is known.
    """

    name: str
    state: State
    detail: str
    mend: str = ""
    section: str = ""
    line: int | None = None

    def at(self, section: str, line: int | None = None) -> Check:
        """The same check, about ``line`` of ``section``."""
        return replace(self, section=section, line=line)


@dataclass(frozen=True, slots=True)
class Proof:
    """All checks of one question, in the order its author should read them."""

    question_id: str
    checks: tuple[Check, ...]

    @property
    def ok(self) -> bool:
        """Whether the question is proven: nothing failed, and something was checked."""
        return bool(self.checks) and all(check.state is not State.FAILED for check in self.checks)


def passed(name: str, detail: str) -> Check:
    """A check that found what it should."""
    return Check(name, State.OK, detail)


def failed(name: str, detail: str, mend: str) -> Check:
    """A check that did not."""
    return Check(name, State.FAILED, detail, mend)


def wrong_answer_row(question: Question, index: int) -> str:
    """The name of the row about the wrong answer at ``index``."""
    name = question.wrong_answers[index].name
    return f"wrong answer {index + 1}" + (f": {name}" if name else "")


def told_another(question: Question, index: int, message: str, mend: str) -> tuple[str, str] | None:
    """What keeps the wrong answer at ``index`` from getting its own message, since ``message`` is told, and its mend.

    ``None`` where it gets its own; ``mend`` is for one that gets no author's message at all.
    """
    messages = [wrong.message for wrong in question.wrong_answers]
    if message == messages[index]:
        return None
    if message in messages:
        other = messages.index(message) + 1
        return f"it does the same as wrong answer {other}, whose message is told", "take one out, or draw other inputs"
    return f"a learner who gives it is told: {message}", mend


def skipped(name: str, why: str) -> Check:
    """A check there was nothing for, or that could not be made."""
    return Check(name, State.NOT_APPLICABLE, why)


def refused(name: str, why: Unsound) -> Check:
    """A failed check for what makes the question unsound."""
    return failed(name, why.what, why.mend)
