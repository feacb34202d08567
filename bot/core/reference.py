"""From two reference runs to trials: they must agree, and each trial must be able to tell right from wrong."""

from __future__ import annotations

from collections.abc import Mapping

from bot.core.questions import Trial
from bot.core.soundness import largest_difference, trial_is_sound
from sandbox.protocol import Ending, Report
from sandbox.values import Value


def trials_from(first: Report, second: Report) -> tuple[Trial, ...]:
    """The sound trials of two runs of the same reference job, in two cells.

    The noise of an observation is N = max|e32 - e64| plus the spread of the two runs, both as largest absolute
    differences. Raises ValueError, in a sentence for the author, when the runs failed, when they disagree on the
    inputs, or when no trial is sound.
    """
    _refuse_failed(first)
    _refuse_failed(second)
    if len(first.trials) != len(second.trials) or not first.trials:
        raise ValueError("two reference runs drew different numbers of trials")
    trials = [_trial(one, other) for one, other in zip(first.trials, second.trials, strict=True)]
    problems = [trial_is_sound(trial.expected, trial.noise) for trial in trials]
    sound = tuple(trial for trial, problem in zip(trials, problems, strict=True) if problem is None)
    if not sound:
        raise ValueError(f"no trial can tell right from wrong: {problems[0]}")
    return sound


def value_trial(first: Report, second: Report) -> Trial:
    """The one trial of a value question: its expression, evaluated alike in two cells. Raises ValueError."""
    _refuse_failed(first)
    _refuse_failed(second)
    if first.trials != second.trials or len(first.trials) != 1:
        raise ValueError("the snippet gives another value each time it runs")
    return Trial({}, {"value": first.trials[0]["value"]}, {})


def _trial(first: Mapping[str, Value], second: Mapping[str, Value]) -> Trial:
    if first["inputs"] != second["inputs"]:
        raise ValueError("inputs(generator) draws something that does not come from its generator")
    expected, again, double = _named(first["observed"]), _named(second["observed"]), first["observed64"]
    noise = {name: largest_difference(value, again[name]) for name, value in expected.items()}
    if isinstance(double, Mapping):
        for name, value in expected.items():
            noise[name] += largest_difference(value, double[name])
    return Trial(_named(first["inputs"]), expected, noise)


def _named(value: Value) -> Mapping[str, Value]:
    if not isinstance(value, Mapping):
        raise TypeError("a reference run reports dicts by name")
    return value


def _refuse_failed(report: Report) -> None:
    if report.ending is not Ending.COMPLETED:
        raise ValueError(f"the solution did not finish: {report.ending.value} {report.detail}".rstrip())
    if report.failure:
        failure = report.failure
        where = f" in line {failure.line}" if failure.line else ""
        raise ValueError(f"the solution or its inputs failed{where}: {failure.type}: {failure.message}")
