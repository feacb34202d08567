"""From two reference runs to trials: they must agree, and each trial must be able to tell right from wrong."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from bot.core.answers import Unreadable, read_value
from bot.core.closeness import largest_difference
from bot.core.grading import cut_failure
from bot.core.personal import in_words
from bot.core.questions import Mistake, Question, Trial, Unsound, code_task, value_task
from bot.core.showing import show
from bot.core.soundness import trial_is_sound
from bot.core.typed_comparing import as_typed, compare_answer
from bot.core.words import counted
from sandbox.protocol import Ending, Failure, Report
from sandbox.values import Value, encode

_SHOWN = 160
MEND_RIGHT = "leave out the values that make it so"
"""How to mend a wrong answer that is right on one variant of a personal question."""
_MEND_SOLUTION = "mend whichever of the two is wrong"
_DRAWN = ("the solution", "`inputs(generator)`")
_MEND_PROOF = "mend it, or mark another option as right"
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


def trials_from(question: Question, first: Report, second: Report, example: int | None = None) -> tuple[Trial, ...]:
    """The sound trials of two runs of the same reference job of a code question, in two cells.

    The noise of an observation is N = max|e32 - e64| plus the spread of the two runs, both as largest absolute
    differences. ``example`` is the index of the trial that is the author's, where it is among them. Raises
    :class:`Unsound` when the runs failed, when they disagree, when no trial is sound, or the example is not.
    """
    weighed = weighed_trials(question, first, second, example)
    if example is not None and (flaw := weighed[example][1]):
        raise Unsound(f"the example cannot tell right from wrong: {flaw.what}", flaw.mend)
    sound = tuple(trial for trial, flaw in weighed if flaw is None)
    if not sound and (flaw := weighed[0][1]):
        raise Unsound(f"no trial can tell right from wrong: {flaw.what}", flaw.mend)
    return sound


def weighed_trials(
    question: Question, first: Report, second: Report, example: int | None = None
) -> tuple[tuple[Trial, Unsound | None], ...]:
    """Every trial of two runs of a reference job, sound or not, each with why it must be refused, or ``None``.

    Raises :class:`Unsound` when the runs failed or disagree.
    """
    task = code_task(question)
    for report in (first, second):
        if failed := failed_draw(question, report, example):
            raise failed
    if len(first.trials) != len(second.trials) or not first.trials:
        raise Unsound("two reference runs drew different numbers of trials", "run them again")
    trials = [_trial(one, other) for one, other in zip(first.trials, second.trials, strict=True)]
    return tuple((trial, trial_is_sound(task, trial)) for trial in trials)


def failed_draw(question: Question, report: Report, example: int | None = None) -> Unsound | None:
    """Why a run of a code question's solution on inputs drawn for it came to nothing; ``None`` where it ran through."""
    on_example = example is not None and report.failure is not None and report.failure.trial == example
    what, drawing = ("the solution on the example", "the example") if on_example else _DRAWN
    return _failed(what, report, code_task(question).entry, drawing)


def value_trial(question: Question, first: Report, second: Report) -> Trial:
    """The one trial of a value question that is not personal: its expression, evaluated alike in two cells.

    Raises :class:`Unsound` when the runs failed or disagree, or when the typed solution is not the value.
    """
    task = value_task(question)
    (told,) = _agreed(first, second, 1)
    value = told["value"]
    solution = read_value(task.solution)
    if isinstance(solution, Unreadable):
        raise Unsound(
            f"the solution cannot be read as a value: {solution.message}", "write it as a learner would type it"
        )
    if compare_answer(value, solution):
        raise Unsound(f"{_found(told)}, not the solution {_line(task.solution)}", _MEND_SOLUTION)
    return Trial({}, {"value": value}, {})


def variant_trial(question: Question, variant: Mapping[str, str], first: Report, second: Report) -> Trial:
    """The trial of one ``variant`` of a personal question, from reports on: expression, solution, each wrong answer.

    Its inputs are the variant, its mistakes the values of the wrong answers. Raises :class:`Unsound`, naming the
    variant, when the runs failed or disagree, when the solution is not the value, or when a wrong answer is.
    """
    try:
        return _variant_trial(question, variant, first, second)
    except Unsound as error:
        raise Unsound(f"with {in_words(variant)}: {error.what}", error.mend, error.section) from error


def choice_trial(first: Report, second: Report) -> Trial:
    """The trial of a choice question whose proof held in two cells. Raises :class:`Unsound` where it did not."""
    for report in (first, second):
        failure = cut_failure(report.failure) if report.failure else None
        if failure and failure.type == "AssertionError":
            raise Unsound(f"the proof fails{_where(failure)}: {_said(failure)}", _MEND_PROOF)
        _refuse_failed("the snippet or the proof", report)
        for told in report.trials:
            if raised := str(told.get("raised", "")):
                kind, _, message = raised.partition(": ")
                if kind == "AssertionError":
                    raise Unsound(f"the proof fails: {_line(message) or 'an assertion is false'}", _MEND_PROOF)
                raise Unsound(f"the snippet or the proof raised {_line(raised)}", _MEND_PROOF)
    return Trial({}, {"proof": True}, {})


# --- code --------------------------------------------------------------------------------------------------


def _trial(first: Mapping[str, Value], second: Mapping[str, Value]) -> Trial:
    if encode(first["inputs"]) != encode(second["inputs"]):
        raise Unsound(
            "`inputs(generator)` gives something else each time it runs with the same seed",
            "draw everything from its generator",
        )
    expected, again, double = _named(first["observed"]), _named(second["observed"]), first["observed64"]
    noise = {name: largest_difference(value, again[name]) for name, value in expected.items()}
    for name, spread in noise.items():
        if math.isinf(spread):
            raise Unsound(
                f"{name} is {show(expected[name], _SHOWN)} in one run of the solution and "
                f"{show(again[name], _SHOWN)} in another",
                "it must not depend on chance",
            )
    if isinstance(double, Mapping):
        for name, value in expected.items():
            noise[name] += largest_difference(value, double[name], witness=True)
    return Trial(_named(first["inputs"]), expected, noise)


def _named(value: Value) -> Mapping[str, Value]:
    if not isinstance(value, Mapping):
        raise TypeError("a reference run reports dicts by name")
    return value


# --- values ------------------------------------------------------------------------------------------------


def _variant_trial(question: Question, variant: Mapping[str, str], first: Report, second: Report) -> Trial:
    told, solution, *wrong = _agreed(first, second, 2 + len(question.wrong_answers))
    value = told["value"]
    _refuse_raised(solution, "the solution", "Solution")
    if compare_answer(value, as_typed(solution["value"])):
        raise Unsound(f"{_found(told)}, not the solution {show(solution['value'], _SHOWN)}", _MEND_SOLUTION)
    for number, (known, given) in enumerate(zip(question.wrong_answers, wrong, strict=True), 1):
        name = f"the wrong answer “{known.name}”" if known.name else f"wrong answer no. {number}"
        section = f"Wrong answers/{number}"
        _refuse_raised(given, name, section)
        if compare_answer(value, as_typed(given["value"])) is None:
            raise Unsound(f"{name} is right: {show(given['value'], _SHOWN)}", MEND_RIGHT, section)
    return Trial(variant, {"value": value}, {}, mistakes=tuple(Mistake({"value": given["value"]}) for given in wrong))


def _agreed(first: Report, second: Report, count: int) -> Sequence[Mapping[str, Value]]:
    """What ``count`` expressions gave, alike in two runs."""
    for report in (first, second):
        _refuse_failed("the snippet", report)
        if len(report.trials) != count:
            raise Unsound(
                f"the snippet was to give {counted(count, 'value')}, not {len(report.trials)}",
                _ENDINGS[Ending.CRASHED][1],
            )
    for one, other in zip(first.trials, second.trials, strict=True):
        # By their bytes: NaN equals NaN there.
        if encode(one["value"]) != encode(other["value"]):
            raise Unsound(
                f"the snippet gives another value each time it runs: {show(one['value'], _SHOWN)}, then "
                f"{show(other['value'], _SHOWN)}",
                "set a seed or leave out what is random",
            )
    return first.trials


def _found(told: Mapping[str, Value]) -> str:
    raised = str(told.get("raised", ""))
    return f"the snippet raises {_line(raised)}" if raised else f"the snippet gives {show(told['value'], _SHOWN)}"


def _refuse_raised(told: Mapping[str, Value], name: str, section: str) -> None:
    if raised := str(told.get("raised", "")):
        raise Unsound(f"{name} raised {_line(raised)}", "write it as a Python expression, with text in quotes", section)


# --- failed runs -------------------------------------------------------------------------------------------


def _refuse_failed(what: str, report: Report) -> None:
    if failed := _failed(what, report):
        raise failed


def _failed(what: str, report: Report, entry: str = "", drawing: str = "") -> Unsound | None:
    """Why the run of ``what``, which should define ``entry`` and gets its inputs from ``drawing``, came to nothing."""
    if report.ending is not Ending.COMPLETED:
        ended, mend = _ENDINGS[report.ending]
        detail = f" ({_line(report.detail)})" if report.detail else ""
        return Unsound(f"{what} {ended}{detail}", mend)
    if report.failure is None:
        return None
    failure = cut_failure(report.failure)
    place = f"{_where(failure)}: {_said(failure)}"
    match failure.stage:
        case "probe":
            return Unsound(f"the probe failed{place}", "mend that line of the probe")
        case "inputs":
            return Unsound(f"{drawing} failed{place}", "let it give a dict from the entry's parameters to their values")
        case "entry":
            return Unsound(f"{what} does not define `{entry}`", "define it at the top level")
    mend = "mend that line" if failure.line else "see that it runs by itself"
    return Unsound(f"{what} raised an exception{place}", mend)


def _where(failure: Failure) -> str:
    text = f" (`{_line(failure.text)}`)" if failure.text.strip() else ""
    return f" in line {failure.line}{text}" if failure.line else text


def _said(failure: Failure) -> str:
    return f"{failure.type}: {_line(failure.message)}" if failure.message else failure.type


def _line(text: str) -> str:
    """``text`` on one line, cut to what a sentence can hold."""
    flat = " ".join(text.split())
    return flat if len(flat) <= _SHOWN else f"{flat[: _SHOWN - 1]}…"
