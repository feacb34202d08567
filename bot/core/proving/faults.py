"""What an author's code did wrong in a reference run: in which section and line, and how to mend it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.core.grading import cut_failure
from bot.core.proving.proof import Check, refused
from bot.core.questions import Question, Unsound, choice_task, code_task
from bot.core.reference import MEND_RIGHT
from sandbox.protocol import Report
from sandbox.values import encode

_PARAMETERS = re.compile(r"^def[ \t]+probe[ \t]*\(([^)]*)\)", re.MULTILINE)
_KEY = re.compile(r"""["']([\w()]+)["'][ \t]*:""")
_MISSING = re.compile(r"the dict that the probe returned has no '(.+)'")
_ARGUMENTS = re.compile(r"probe\(\) (got|missing|takes) ")
_MOST_SHOWN = 200


def code_fault(question: Question, report: Report, why: Unsound, *, on_example: bool) -> Check:
    """The row of a solution that came to nothing in ``report``, because of ``why``."""
    check = refused("solution", why).at("Solution")
    failure = cut_failure(report.failure) if report.failure else None
    if failure is None:
        return check
    probe = code_task(question).probe
    if probe and (missing := _MISSING.fullmatch(failure.message)):
        detail = f"`observe` names `{missing[1]}`, and the dict that the probe returned does not have it"
        names = ", ".join(dict.fromkeys(_KEY.findall(probe)))
        mend = f"name what the probe returns: {names[:_MOST_SHOWN]}" if names else "name what the probe returns"
        return refused("solution", Unsound(detail, mend)).at("key/observe")
    if probe and failure.type == "TypeError" and _ARGUMENTS.match(failure.message):
        parameters = _PARAMETERS.search(probe)
        takes = f", which takes {' '.join(parameters[1].split())[:_MOST_SHOWN]}" if parameters else ""
        mend = f"compare the names that `inputs` gives with the parameters of the probe{takes}"
        return refused("solution", Unsound(why.what, mend)).at("Probe")
    if failure.stage == "inputs":
        mend = "mend that line" if failure.line else why.mend
        section = "Example" if on_example else "Inputs"
        return refused("solution", Unsound(why.what, mend)).at(section, failure.line)
    return check.at("Probe" if failure.stage == "probe" else "Solution", failure.line)


def value_fault(reports: Sequence[Report], why: Unsound) -> Check:
    """The row of a value question whose snippet, or what is evaluated after it, came to nothing in its ``reports``."""
    check, report = refused("solution", why), reports[0]
    if report.failure:
        failure = cut_failure(report.failure)
        return check.at("Snippet" if failure.trial is None else _expression(failure.trial), failure.line)
    if not report.trials:
        return check.at("Snippet")
    if len({encode(one.trials[0]["value"]) for one in reports if one.trials}) > 1:
        return check.at("Snippet")
    return check.at(why.section or ("Snippet" if report.trials[0].get("raised") else "Solution"))


def _expression(number: int) -> str:
    return ("Expression", "Solution")[number] if number < 2 else f"Wrong answers/{number - 1}"


def variants_fault(faults: Sequence[Check], variants: int) -> Check:
    """The row for the ``faults`` of a personal question, one of each of its ``variants`` that does not hold."""
    first = faults[0]
    if len(faults) < variants or {(fault.section, fault.mend) for fault in faults} != {(first.section, MEND_RIGHT)}:
        return first
    detail = f"{first.detail}; it is right on all {variants} variants"
    return refused("solution", Unsound(detail, "change the wrong answer")).at(first.section)


def choice_fault(question: Question, report: Report, why: Unsound) -> Check:
    """The row of a choice question whose snippet and proof, which run as one program, did not hold in ``report``."""
    task = choice_task(question)
    before = task.snippet.count("\n") + 1
    failure = cut_failure(report.failure) if report.failure else None
    line = failure.line if failure else _raised_line(report, f"{task.snippet}\n{task.proof}")
    if line is None:
        return refused("proof", why).at("Proof")
    section, own = ("Snippet", line) if line <= before else ("Proof", line - before)
    what = why.what.replace(f"in line {line}", f"in line {own} of the {section.lower()}")
    return refused("proof", Unsound(what, why.mend)).at(section, own)


def _raised_line(report: Report, program: str) -> int | None:
    """The line that raised, where its text is all that its exception says, as of a bare assert."""
    for told in report.trials:
        message = str(told.get("raised", "")).partition(": ")[2]
        found = [number for number, text in enumerate(program.split("\n"), 1) if message and text.strip() == message]
        if len(found) == 1:
            return found[0]
    return None


def answer_line(report: Report) -> int | None:
    """The line of an answer on which its run ended, where it did on one."""
    failure = cut_failure(report.failure) if report.failure else None
    return failure.line if failure and failure.stage not in ("probe", "inputs") else None
