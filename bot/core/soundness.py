"""Whether a trial can tell right from wrong: asked before it enters a bank."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import numpy as np

from bot.core.closeness import (
    EXACT_DTYPES,
    PERCENT,
    TOLERANCES,
    Mask,
    Reals,
    Tolerance,
    as_float,
    is_off,
    numbers,
    reals,
    scale,
)
from bot.core.comparing import compare_observation
from bot.core.kinds import is_list, is_number
from bot.core.questions import CodeTask, Trial, Unsound
from sandbox.values import TensorValue, Value

MAX_NOISE = 1e-3
"""Of the largest element: beyond this, what the reference computed is mostly rounding."""
MIN_SCALE = 1e-9


def trial_is_sound(task: CodeTask, trial: Trial) -> Unsound | None:
    """Why ``trial`` of ``task`` must be refused, or ``None`` where it is sound.

    Refused are: values that are mostly rounding, vanishingly small or, unless declared, not finite; those on which
    zeros, :func:`wrong_factor` times the value, or the smallest element set to zero would pass; what is declared to be
    zero and is not; and trials on which, claims aside, every number is zero, since a solution that does nothing would
    pass them.
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


def wrong_factor(tolerance: Tolerance) -> float:
    """How many times the right value is wrong for certain: 1.01, more with a wide tolerance, but at most 1.1."""
    return 1 + min(max(PERCENT, 2 * tolerance.relative), 0.1)


def largest_difference(one: Value, other: Value, *, witness: bool = False) -> float:
    """The largest absolute difference of two values' numbers; infinite where kind, shape, text or NaN differ.

    With ``witness``, ``other`` is the same run in float64: texts, such as the name of a dtype, may differ, and what is
    not finite in ``one`` may be finite there.
    """
    if isinstance(one, TensorValue) and isinstance(other, TensorValue):
        return _largest(reals(one), reals(other), witness) if one.shape == other.shape else math.inf
    if is_number(one) and is_number(other):
        # Whole numbers can be beyond any float.
        return 0.0 if one == other else _largest(np.array([as_float(one)]), np.array([as_float(other)]), witness)
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        if one.keys() != other.keys():
            return math.inf
        return max((largest_difference(item, other[key], witness=witness) for key, item in one.items()), default=0.0)
    if is_list(one) and is_list(other):
        if len(one) != len(other):
            return math.inf
        pairs = zip(one, other, strict=True)
        return max((largest_difference(*pair, witness=witness) for pair in pairs), default=0.0)
    return 0.0 if type(one) is type(other) and (witness or one == other) else math.inf


def _largest(one: Reals, other: Reals, witness: bool) -> float:
    if one.size != other.size:  # complex against real
        return math.inf
    same: Mask = (one == other) | (np.isnan(one) & np.isnan(other))
    if witness:
        same |= ~np.isfinite(one)
    with np.errstate(over="ignore", invalid="ignore"):
        differences = np.nan_to_num(np.abs(one - other), nan=math.inf, posinf=math.inf)
    return float(np.where(same, 0.0, differences).max()) if one.size else 0.0


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


def _finite_problem(expected: Reals, tolerance: Tolerance, noise: float) -> Unsound | None:
    largest = scale(expected)
    if not noise <= max(MAX_NOISE, tolerance.relative) * largest:
        return Unsound(
            "is mostly rounding: float32 and float64 disagree, or two runs do",
            "if it is zero up to rounding on every trial, list it under `zero`",
        )
    if 0 < largest < MIN_SCALE:
        return Unsound(f"is nowhere larger than {MIN_SCALE:g}, too small to compare", "make the inputs larger")
    for mutant, what in _mutants(expected, largest, tolerance):
        if not is_off(expected, mutant, tolerance, noise).any():
            return Unsound(f"would accept {what}", "draw other inputs, or choose a closer tolerance if there is one")
    return None


def _mutants(expected: Reals, largest: float, tolerance: Tolerance) -> Iterator[tuple[Reals, str]]:
    if not largest:
        return
    yield np.zeros_like(expected), "zeros"
    factor = wrong_factor(tolerance)
    yield expected * factor, f"{factor:g} times the right value"
    dropped = expected.copy()
    dropped[np.where(expected == 0, np.inf, np.abs(expected)).argmin()] = 0.0
    yield dropped, "its smallest element set to zero"


def _is_telling(leaf: TensorValue | float) -> bool:
    """Whether a number other than zero is there, or NaN or infinity among finite ones: neither comes by itself."""
    if isinstance(leaf, int):
        return bool(leaf)
    values = reals(leaf) if isinstance(leaf, TensorValue) else np.array([leaf], np.float64)
    finite = np.isfinite(values)
    return bool(values[finite].any()) or (bool(finite.any()) and not finite.all())
