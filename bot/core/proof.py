"""A proof: what was checked about a question, and what its author can do about the rest."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from bot.core.grading import cut_failure
from sandbox.protocol import Ending, Report


class State(enum.StrEnum):
    """What came of one check."""

    OK = "ok"
    FAILED = "failed"
    NOT_APPLICABLE = "not applicable"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was checked: what was found, in ``detail``, and how to ``mend`` it where it failed."""

    name: str
    state: State
    detail: str
    mend: str = ""


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


def skipped(name: str, why: str) -> Check:
    """A check there was nothing for, or that could not be made."""
    return Check(name, State.NOT_APPLICABLE, why)


def refused(name: str, sentence: str) -> Check:
    """A failed check from a sentence that says what happened and, behind a semicolon, how to mend it."""
    what, _, mend = sentence.rpartition("; ")
    return failed(name, what, mend) if what else failed(name, mend, "mend the section it names")


_ENDINGS = {
    Ending.TIME_LIMIT: (
        "was stopped when its time was up",
        "look for a loop that never ends, or make the sizes smaller",
    ),
    Ending.MEMORY_LIMIT: ("asked for more memory than a run may have", "make the sizes smaller"),
    Ending.OUTPUT_LIMIT: ("printed more than a run may print, and was stopped", "take out the print calls"),
    Ending.FORBIDDEN: ("asked the system for something a run may not do", "leave out files, processes and the network"),
    Ending.CRASHED: ("ended its process before it gave a value", "leave out exit calls and tricks with the process"),
    Ending.LOST_CELLS: ("brought down the sandbox twice", "take out whatever reaches beyond tensors"),
}


def what_went_wrong(what: str, report: Report, entry: str, drawing: str) -> tuple[str, str] | None:
    """Why the run of ``what`` came to nothing, and how to mend it; ``None`` where it ran through.

    ``what`` should define ``entry``; its inputs come from ``drawing``.
    """
    if report.ending is not Ending.COMPLETED:
        ended, mend = _ENDINGS[report.ending]
        detail = f" ({_line(report.detail)})" if report.detail else ""
        return f"{what} {ended}{detail}", mend
    if report.failure is None:
        return None
    failure = cut_failure(report.failure)
    where = f" in line {failure.line}" if failure.line else ""
    said = f"{failure.type}: {_line(failure.message)}" if failure.message else failure.type
    mend = "mend that line" if failure.line else "see that it runs by itself"
    if failure.stage == "probe":
        return f"the probe failed{where}: {said}", "mend that line of the probe"
    if failure.stage == "inputs":
        return f"{drawing} failed{where}: {said}", "let it give a dict from the entry's parameters to their values"
    if failure.stage == "entry":
        return f"{what} does not define `{entry}`", "define it at the top level"
    return f"{what} raised an exception{where}: {said}", mend


def _line(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= 200 else flat[:199] + "…"
