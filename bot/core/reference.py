"""From two reference runs to trials: they must agree, and each trial must be able to tell right from wrong.

Every ValueError raised here is a sentence for the author of the question: what happened, and what to do.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from bot.core.answers import Unreadable, read_value
from bot.core.questions import CodeTask, Mistake, Question, Trial, ValueTask
from bot.core.showing import show
from bot.core.soundness import largest_difference, trial_is_sound
from bot.core.typed_comparing import as_typed, compare_answer
from bot.core.words import counted
from sandbox.protocol import Ending, Failure, Report
from sandbox.values import Value, encode

_SHOWN = 160
_MEND_SOLUTION = "mend whichever of the two is wrong"
_MEND_PROOF = "mend it, or mark another option as right"
_CULPRIT: Mapping[str, str] = {"inputs": "inputs(generator)", "probe": "the probe"}


def trials_from(question: Question, first: Report, second: Report) -> tuple[Trial, ...]:
    """The sound trials of two runs of the same reference job of a code question, in two cells.

    The noise of an observation is N = max|e32 - e64| plus the spread of the two runs, both as largest absolute
    differences. Raises ValueError when the runs failed, when they disagree, or when no trial is sound.
    """
    weighed = weighed_trials(question, first, second)
    sound = tuple(trial for trial, problem in weighed if problem is None)
    if not sound:
        raise ValueError(f"no trial can tell right from wrong: {weighed[0][1]}")
    return sound


def weighed_trials(question: Question, first: Report, second: Report) -> tuple[tuple[Trial, str | None], ...]:
    """Every trial of two runs of a reference job, sound or not, each with why it must be refused, or ``None``.

    Raises ValueError when the runs failed or disagree.
    """
    task = question.task
    assert isinstance(task, CodeTask), "only a code question draws trials"
    for report in (first, second):
        _refuse_failed(report, "the solution")
    if len(first.trials) != len(second.trials) or not first.trials:
        raise ValueError("two reference runs drew different numbers of trials; run them again")
    trials = [_trial(one, other) for one, other in zip(first.trials, second.trials, strict=True)]
    return tuple((trial, trial_is_sound(task, trial)) for trial in trials)


def value_trial(question: Question, first: Report, second: Report) -> Trial:
    """The one trial of a value question that is not personal: its expression, evaluated alike in two cells.

    Raises ValueError when the runs failed or disagree, or when the typed solution is not the value.
    """
    task = question.task
    assert isinstance(task, ValueTask), "only a value question has a value"
    (told,) = _agreed(first, second, 1)
    value = told["value"]
    solution = read_value(task.solution)
    if isinstance(solution, Unreadable):
        raise ValueError(f"the solution cannot be read as a value: {solution.message}")
    if compare_answer(value, solution):
        raise ValueError(f"{_found(told)}, not the solution {_line(task.solution)}; {_MEND_SOLUTION}")
    return Trial({}, {"value": value}, {})


def variant_trial(question: Question, variant: Mapping[str, str], first: Report, second: Report) -> Trial:
    """The trial of one ``variant`` of a personal question, from reports on: expression, solution, each wrong answer.

    Its inputs are the variant, its mistakes the values of the wrong answers. Raises ValueError, naming the variant,
    when the runs failed or disagree, when the solution is not the value, or when a wrong answer is.
    """
    try:
        return _variant_trial(question, variant, first, second)
    except ValueError as error:
        filling = ", ".join(f"{name} = {text}" for name, text in variant.items())
        raise ValueError(f"with {filling}: {error}") from error


def choice_trial(first: Report, second: Report) -> Trial:
    """The trial of a choice question whose proof held in two cells. Raises ValueError saying why it did not."""
    for report in (first, second):
        failure = report.failure
        if failure and failure.type == "AssertionError":
            raise ValueError(f"the proof fails{_place(failure)}; {_MEND_PROOF}")
        _refuse_failed(report, "the snippet or the proof")
        for told in report.trials:
            if raised := str(told.get("raised", "")):
                kind, _, message = raised.partition(": ")
                if kind == "AssertionError":
                    raise ValueError(f"the proof fails: {_line(message) or 'an assertion is false'}; {_MEND_PROOF}")
                raise ValueError(f"the snippet or the proof raised {_line(raised)}; {_MEND_PROOF}")
    return Trial({}, {"proof": True}, {})


# --- code --------------------------------------------------------------------------------------------------


def _trial(first: Mapping[str, Value], second: Mapping[str, Value]) -> Trial:
    if encode(first["inputs"]) != encode(second["inputs"]):
        raise ValueError(
            "inputs(generator) gives something else each time it runs with the same seed; "
            "draw everything from its generator"
        )
    expected, again, double = _named(first["observed"]), _named(second["observed"]), first["observed64"]
    noise = {name: largest_difference(value, again[name]) for name, value in expected.items()}
    for name, spread in noise.items():
        if math.isinf(spread):
            raise ValueError(
                f"{name} is {show(expected[name], _SHOWN)} in one run of the solution and "
                f"{show(again[name], _SHOWN)} in another; it must not depend on chance"
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
    _refuse_raised(solution, "the solution")
    if compare_answer(value, as_typed(solution["value"])):
        raise ValueError(f"{_found(told)}, not the solution {show(solution['value'], _SHOWN)}; {_MEND_SOLUTION}")
    for number, (known, given) in enumerate(zip(question.wrong_answers, wrong, strict=True), 1):
        name = f"the wrong answer “{known.name}”" if known.name else f"wrong answer no. {number}"
        _refuse_raised(given, name)
        if compare_answer(value, as_typed(given["value"])) is None:
            raise ValueError(f"{name} is right: {show(given['value'], _SHOWN)}; leave out the values that make it so")
    return Trial(variant, {"value": value}, {}, mistakes=tuple(Mistake({"value": given["value"]}) for given in wrong))


def _agreed(first: Report, second: Report, count: int) -> Sequence[Mapping[str, Value]]:
    """What ``count`` expressions gave, alike in two runs."""
    for report in (first, second):
        _refuse_failed(report, "the snippet")
        if len(report.trials) != count:
            raise ValueError(f"the snippet was to give {counted(count, 'value')}, not {len(report.trials)}")
    for one, other in zip(first.trials, second.trials, strict=True):
        # By their bytes: NaN equals NaN there.
        if encode(one["value"]) != encode(other["value"]):
            raise ValueError(
                f"the snippet gives another value each time it runs: {show(one['value'], _SHOWN)}, then "
                f"{show(other['value'], _SHOWN)}; set a seed or leave out what is random"
            )
    return first.trials


def _found(told: Mapping[str, Value]) -> str:
    raised = str(told.get("raised", ""))
    return f"the snippet raises {_line(raised)}" if raised else f"the snippet gives {show(told['value'], _SHOWN)}"


def _refuse_raised(told: Mapping[str, Value], name: str) -> None:
    if raised := str(told.get("raised", "")):
        raise ValueError(f"{name} raised {_line(raised)}; write it as a Python expression, with text in quotes")


# --- failed runs -------------------------------------------------------------------------------------------


def _refuse_failed(report: Report, what: str) -> None:
    if report.ending is not Ending.COMPLETED:
        detail = f" ({_line(report.detail)})" if report.detail else ""
        raise ValueError(f"{what} did not finish: {report.ending.value}{detail}; make it smaller or faster")
    if report.failure:
        raise ValueError(f"{_CULPRIT.get(report.failure.stage, what)} failed{_place(report.failure)}")


def _place(failure: Failure) -> str:
    where = f" in line {failure.line}" if failure.line else ""
    text = f" (`{_line(failure.text)}`)" if failure.text.strip() else ""
    message = f": {_line(failure.message)}" if failure.message else ""
    return f"{where}{text}: {failure.type}{message}"


def _line(text: str) -> str:
    """``text`` on one line, cut to what a sentence can hold."""
    flat = " ".join(text.split())
    return flat if len(flat) <= _SHOWN else f"{flat[: _SHOWN - 1]}…"
