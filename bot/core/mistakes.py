"""Recognises in a wrong answer what a known wrong answer did on the same trials."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.core.closeness import EXACT_DTYPES, TOLERANCES, numbers
from bot.core.comparing import compare, compare_observation, compare_trial, is_gradient
from bot.core.questions import CodeTask, Mistake, Question, Trial, WrongAnswer, code_task
from sandbox.protocol import Ending, Report
from sandbox.values import TensorValue, Value

_MAX_ERROR = 700
_VARYING = re.compile(r"0x[0-9a-f]+|[0-9]+")


def mistakes_on(trials: Sequence[Trial], reports: Sequence[Report]) -> tuple[Trial, ...]:
    """``trials`` with what each wrong answer did on them, by the ``reports`` of running these on all of them."""
    return tuple(
        replace(trial, mistakes=tuple(_mistake(report, index) for report in reports))
        for index, trial in enumerate(trials)
    )


def _mistake(report: Report, index: int) -> Mistake:
    if index < len(report.trials):
        return Mistake(report.trials[index])
    if report.ending is not Ending.COMPLETED or not report.failure:
        return Mistake({}, report.ending.value)
    if report.failure.trial is not None and index > report.failure.trial:
        return Mistake({})
    return Mistake({}, f"{report.failure.type}: {report.failure.message}"[:_MAX_ERROR])


def recognised(question: Question, report: Report, trials: Sequence[Trial]) -> WrongAnswer | None:
    """The known wrong answer that did the same as the one in ``report``, which completed and failed; the first such.

    On every trial that both came to and where either of them failed, their observations agree by the comparison that
    decides verdicts, or their exceptions have one type and one message, digits aside; on one such trial at least the
    answer failed. ``None`` too where it is not known what the wrong answers did.
    """
    task = code_task(question)
    error, reached = _reached(report, trials)
    if any(len(trial.mistakes) != len(question.wrong_answers) for trial in reached):
        return None
    for index, wrong in enumerate(question.wrong_answers):
        both = [
            (trial, trial.mistakes[index], observed_on(report, at), error if at == len(reached) - 1 else "")
            for at, trial in enumerate(reached)
            if trial.mistakes[index].known
        ]
        failed = any(raised or compare_trial(task, trial, observed) for trial, _, observed, raised in both)
        if failed and all(_is_like(task, *one) for one in both):
            return wrong
    return None


def _reached(report: Report, trials: Sequence[Trial]) -> tuple[str, Sequence[Trial]]:
    """The error that ended the run, and the trials up to where it did; what came after is not known."""
    if not report.failure:
        return "", trials
    at = report.failure.trial or 0
    error = f"{report.failure.type}: {report.failure.message}"
    return error, trials[: at + 1] if 0 <= at < len(trials) else trials


def observed_on(report: Report, index: int) -> Mapping[str, Value]:
    """What ``report`` claims was observed on a trial; nothing where it is shorter, as it may be."""
    return report.trials[index] if index < len(report.trials) else {}


def _is_like(task: CodeTask, trial: Trial, mistake: Mistake, observed: Mapping[str, Value], error: str) -> bool:
    """Whether answer and mistake went wrong in the same way, or neither went wrong."""
    if error or mistake.error:
        return _plain(error) == _plain(mistake.error)
    if not compare_trial(task, trial, observed) and not compare_trial(task, trial, mistake.observed):
        return True
    return all(
        name in observed
        and name in mistake.observed
        and _agree(task, trial, name, mistake.observed[name], observed[name])
        for name in trial.expected
    )


def _plain(error: str) -> str:
    return _VARYING.sub("", error[:_MAX_ERROR]).rstrip(": ")


def _agree(task: CodeTask, trial: Trial, name: str, known: Value, got: Value) -> bool:
    if name in task.zero and compare_observation(task, trial, name, known) is None:
        return compare_observation(task, trial, name, got) is None
    if task.tolerance is None and any(_has_no_constants(leaf) for leaf in numbers(known)):
        return known == got
    difference = compare(
        known,
        got,
        name=name,
        noise=trial.noise.get(name, 0.0),
        exact_dtype=is_gradient(name),
        none_is_zero=task.none_is_zero,
        tolerance=task.tolerance,
    )
    return difference is None


def _has_no_constants(leaf: TensorValue | float) -> bool:
    return isinstance(leaf, TensorValue) and leaf.dtype not in TOLERANCES and leaf.dtype not in EXACT_DTYPES
