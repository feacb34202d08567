"""How a wrong tensor relates to the expected one, where that is exact and simple enough to say in a clause."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np

from bot.core.closeness import EXACT_DTYPES, TOLERANCES, Reals, any_bits, is_off, reals, scale
from bot.core.showing import number
from sandbox.values import TensorValue, Value

_LARGEST_DENOMINATOR = 64


def relation(expected: Value, got: Value) -> str | None:
    """A clause such as "it is 2 times the expected value everywhere", or ``None`` where nothing simple holds.

    Tells all zeros, a flipped sign, a constant factor and a transposed matrix of real floats; tensors or numbers.
    """
    if isinstance(expected, TensorValue) and isinstance(got, TensorValue):
        if {expected.dtype, got.dtype} & EXACT_DTYPES or "complex" in expected.dtype + got.dtype:
            return None
        if _is_transposed(expected, got):
            return "it is the transpose of the expected value"
        return _scaled(reals(expected), reals(got)) if expected.shape == got.shape else None
    if isinstance(expected, float) and isinstance(got, float):
        return _scaled(np.array([expected]), np.array([got]))
    return None


def _is_transposed(expected: TensorValue, got: TensorValue) -> bool:
    if len(expected.shape) != 2 or got.shape != expected.shape[::-1] or min(expected.shape) < 2:
        return False
    turned = np.ascontiguousarray(reals(got).reshape(got.shape).T).reshape(-1)
    return not is_off(reals(expected), turned, TOLERANCES["float32"], 0.0).any()


@any_bits
def _scaled(expected: Reals, got: Reals) -> str | None:
    if not expected.size or not np.isfinite(expected).all() or not np.isfinite(got).all() or not scale(expected):
        return None
    if not got.any():
        return "it is zero everywhere"
    largest = int(np.abs(expected).argmax())
    factor = float(got[largest] / expected[largest])
    # A factor of one element always exists; only a simple one means anything.
    simple = _simple(factor)
    if (simple is None and expected.size < 3) or not math.isfinite(factor) or abs(factor) < 1e-6:
        return None
    exact = float(simple) if simple is not None else factor
    if exact == 1 or is_off(expected * exact, got, TOLERANCES["float32"], 0.0).any():
        return None
    if exact == -1:
        return "it has the opposite sign everywhere"
    words = str(simple) if simple is not None else number(factor)
    return f"it is {words} times the expected value{' everywhere' if expected.size > 1 else ''}"


def _simple(factor: float) -> Fraction | None:
    """The whole number, or one over a whole number, or its negative, that ``factor`` is."""
    if not math.isfinite(factor) or not 1 / (_LARGEST_DENOMINATOR + 0.5) < abs(factor) < 1e6:
        return None
    near = Fraction(round(factor)) if abs(factor) >= 1 else Fraction(1, round(1 / factor))
    return near if math.isclose(float(near), factor, rel_tol=1e-4) else None
