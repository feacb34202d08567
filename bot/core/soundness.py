"""Whether a trial can tell right from wrong: asked before it enters a bank."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import numpy as np

from bot.core.closeness import EXACT_DTYPES, TOLERANCES, Reals, Tolerance, is_off, reals, scale
from bot.core.kinds import is_list, is_number
from bot.core.questions import CodeTask, Trial
from bot.core.showing import elements
from sandbox.values import TensorValue, Value

MAX_NOISE = 1e-3
"""Of the largest element: beyond this, what the reference computed is mostly rounding."""
MIN_SCALE = 1e-9


def trial_is_sound(task: CodeTask, trial: Trial) -> str | None:
    """Why ``trial`` of ``task`` must be refused, or ``None`` where it is sound.

    Refused are: values that are mostly rounding, vanishingly small or not finite;
    those on which zeros, 1.01 times the value, or the smallest element set to zero would pass; and trials on which
    every number is zero, since a solution that does nothing would pass them.
    """
    telling = False
    for name, value in trial.expected.items():
        for leaf in _numbers(value):
            if problem := _problem(leaf, trial.noise.get(name, 0.0)):
                return f"{name} {problem}"
            telling = telling or _is_telling(leaf)
    return None if telling else "no observation holds a number other than zero, so doing nothing would pass"


def largest_difference(one: Value, other: Value) -> float:
    """The largest absolute difference of two values' numbers; infinite where kind, shape, text or NaN differ."""
    if isinstance(one, TensorValue) and isinstance(other, TensorValue):
        return _largest(reals(one), reals(other)) if one.shape == other.shape else math.inf
    if is_number(one) and is_number(other):
        return _largest(np.array([one], np.float64), np.array([other], np.float64))
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        if one.keys() != other.keys():
            return math.inf
        return max((largest_difference(item, other[key]) for key, item in one.items()), default=0.0)
    if is_list(one) and is_list(other):
        if len(one) != len(other):
            return math.inf
        return max((largest_difference(*pair) for pair in zip(one, other, strict=True)), default=0.0)
    return 0.0 if type(one) is type(other) and one == other else math.inf


def _largest(one: Reals, other: Reals) -> float:
    if one.size != other.size:  # complex against real
        return math.inf
    same = (one == other) | (np.isnan(one) & np.isnan(other))
    with np.errstate(over="ignore", invalid="ignore"):
        differences = np.nan_to_num(np.abs(one - other), nan=math.inf, posinf=math.inf)
    return float(np.where(same, 0.0, differences).max()) if one.size else 0.0


def _numbers(value: Value) -> Iterator[TensorValue | float]:
    """Every tensor and number in ``value``."""
    match value:
        case bool() | str() | bytes() | None:
            return
        case TensorValue() | int() | float():
            yield value
        case Mapping():
            for item in value.values():
                yield from _numbers(item)
        case _:
            for item in value:
                yield from _numbers(item)


def _problem(leaf: TensorValue | float, noise: float) -> str | None:
    if isinstance(leaf, int) or (isinstance(leaf, TensorValue) and leaf.dtype in EXACT_DTYPES):
        return None
    if isinstance(leaf, float):
        return _real_problem(np.array([leaf]), TOLERANCES["float32"], noise)
    if leaf.dtype not in TOLERANCES:
        return f"is {leaf.dtype}, for which the question must say what is close"
    return _real_problem(reals(leaf), TOLERANCES[leaf.dtype], noise)


def _real_problem(expected: Reals, tolerance: Tolerance, noise: float) -> str | None:
    if not np.isfinite(expected).all():
        return "is NaN or infinite somewhere"
    largest = scale(expected)
    if not noise <= MAX_NOISE * largest:
        return "is mostly rounding: float32 and float64 disagree, or two runs do"
    if 0 < largest < MIN_SCALE:
        return f"is nowhere larger than {MIN_SCALE:g}, too small to compare"
    for mutant, what in _mutants(expected, largest):
        if not is_off(expected, mutant, tolerance, noise).any():
            return f"would accept {what}"
    return None


def _mutants(expected: Reals, largest: float) -> Iterator[tuple[Reals, str]]:
    if not largest:
        return
    yield np.zeros_like(expected), "zeros"
    yield expected * 1.01, "1.01 times the right value"
    dropped = expected.copy()
    dropped[np.where(expected == 0, np.inf, np.abs(expected)).argmin()] = 0.0
    yield dropped, "its smallest element set to zero"


def _is_telling(leaf: TensorValue | float) -> bool:
    return bool(elements(leaf).any()) if isinstance(leaf, TensorValue) else bool(leaf)
