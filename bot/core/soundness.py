"""Whether a trial can tell right from wrong: asked before it enters a bank."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from bot.core.closeness import (
    EXACT_DTYPES,
    TOLERANCES,
    Reals,
    Tolerance,
    any_bits,
    is_off,
    numbers,
    reals,
    scale,
    wrong_factor,
)
from bot.core.comparing import compare_observation
from bot.core.mutants import CHANGES
from bot.core.questions import CodeTask, Trial, Unsound
from sandbox.values import TensorValue, Value

MAX_NOISE = 1e-3
"""Of the largest element: beyond this, what the reference computed is mostly rounding."""
MIN_SCALE = 1e-9


def trial_is_sound(task: CodeTask, trial: Trial) -> Unsound | None:
    """Why ``trial`` of ``task`` must be refused, or ``None`` where it is sound.

    Refused are: values that are mostly rounding, vanishingly small or, unless declared, not finite; those on which
    zeros, :func:`bot.core.closeness.wrong_factor` times the value, or the smallest element set to zero would pass; what
    is declared to be zero and is not; and trials on which, claims aside, every number is zero, since a solution that
    does nothing would pass them.
    """
    telling = False
    for name, value in trial.expected.items():
        if problem := _observation_problem(task, trial, name, value):
            return Unsound(f"{name} {problem.what}", problem.mend)
        telling = telling or (name not in (*task.trust, *task.zero) and any(map(_is_telling, numbers(value))))
    if telling:
        return None
    return Unsound(
        f"no observation {'but claims ' if task.trust else ''}holds a number other than zero, so doing nothing would "
        "pass",
        "observe something else as well",
    )


def _observation_problem(task: CodeTask, trial: Trial, name: str, value: Value) -> Unsound | None:
    if name in task.zero:
        holds_numbers = next(numbers(value), None) is not None
        if holds_numbers and compare_observation(task, trial, name, value) is None:
            return None
        return Unsound("is not zero up to rounding", "take it out of `zero`")
    problems = (_leaf_problem(task, trial, name, leaf) for leaf in numbers(value))
    return next((problem for problem in problems if problem), None)


def _leaf_problem(task: CodeTask, trial: Trial, name: str, leaf: TensorValue | float) -> Unsound | None:
    if isinstance(leaf, int) or (isinstance(leaf, TensorValue) and leaf.dtype in EXACT_DTYPES):
        return None
    dtype = leaf.dtype if isinstance(leaf, TensorValue) else "float32"
    tolerance = task.tolerance or TOLERANCES.get(dtype)
    if tolerance is None:
        return Unsound(
            f"is {dtype}", "say what is close with `tolerance: {relative: 1e-2, scaled: 1e-3, absolute: 1e-6}`"
        )
    expected = reals(leaf) if isinstance(leaf, TensorValue) else np.array([leaf], np.float64)
    if name not in task.not_finite and not np.isfinite(expected).all():
        return Unsound("is NaN or infinite somewhere", "list it under `not_finite` if it should be")
    if name in task.trust:
        return None
    return _finite_problem(expected[np.isfinite(expected)], tolerance, trial.noise.get(name, 0.0))


@any_bits
def _finite_problem(expected: Reals, tolerance: Tolerance, noise: float) -> Unsound | None:
    largest = scale(expected)
    if not noise <= max(MAX_NOISE, tolerance.relative) * largest:
        return Unsound(
            "is mostly rounding: float32 and float64 disagree, or two runs do",
            "if it is zero up to rounding on every trial, list it under `zero`",
        )
    if 0 < largest < MIN_SCALE:
        return Unsound(f"is nowhere larger than {MIN_SCALE:g}, too small to compare", "make the inputs larger")
    for wrong, what in _surely_wrong(expected, largest, tolerance):
        if not is_off(expected, wrong, tolerance, noise).any():
            return Unsound(f"would accept {what}", "draw other inputs, or choose a closer tolerance if there is one")
    return None


def _surely_wrong(expected: Reals, largest: float, tolerance: Tolerance) -> Iterator[tuple[Reals, str]]:
    if not largest:
        return
    yield CHANGES["zeros"](expected), "zeros"
    factor = wrong_factor(tolerance)
    yield expected * factor, f"{factor:g} times the right value"
    yield CHANGES["smallest"](expected), "its smallest element set to zero"


def _is_telling(leaf: TensorValue | float) -> bool:
    """Whether a number other than zero is there, or NaN or infinity among finite ones: neither comes by itself."""
    if isinstance(leaf, int):
        return bool(leaf)
    values = reals(leaf) if isinstance(leaf, TensorValue) else np.array([leaf], np.float64)
    finite = np.isfinite(values)
    return bool(values[finite].any()) or (bool(finite.any()) and not finite.all())
