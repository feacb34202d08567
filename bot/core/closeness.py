"""How close two arrays of numbers must be, element by element, in float64."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from bot.core.showing import elements
from bot.core.type_guards import is_list, is_number
from sandbox.values import TensorValue, Value

Reals: TypeAlias = npt.NDArray[np.float64]
Mask: TypeAlias = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Tolerance:
    """The constants r, c and t of :func:`is_off`."""

    relative: float
    scaled: float
    absolute: float = 1e-12


TOLERANCES: Mapping[str, Tolerance] = {
    "float32": Tolerance(1e-4, 2e-6),
    "float64": Tolerance(1e-8, 1e-13),
    "complex64": Tolerance(1e-4, 2e-6),
    "complex128": Tolerance(1e-8, 1e-13),
}
"""By the coarser dtype of the two. float16 and bfloat16 are not here: only an author can say what is close there."""

PERCENT = 0.01
ZERO = 1e-6
"""What is zero up to rounding is at most this large, for inputs up to 1; for larger ones, so much larger."""
_UNITS: Mapping[str, float] = {"float16": 2.0**-10, "bfloat16": 2.0**-7}
_UNIT = 2.0**-23
EXACT_DTYPES = frozenset({"bool", "uint8", "int8", "int16", "int32", "int64"})

any_bits = np.errstate(over="ignore", invalid="ignore")
"""For arithmetic on bytes that anybody wrote: a NaN that signals is quietened, what overflows becomes infinite.

Both are then compared as such, and neither is worth a warning in our logs.
"""


@any_bits
def reals(tensor: TensorValue) -> Reals:
    """Every element as float64, in C order; a complex element as two neighbours, real and imaginary."""
    flat = elements(tensor)
    if np.iscomplexobj(flat):
        flat = flat.astype(np.complex128).view(np.float64)
    return flat.astype(np.float64)


def as_float(value: float) -> float:
    """``value`` as a float; a whole number beyond any float as an infinity."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def scale(expected: Reals) -> float:
    """S: the largest finite magnitude, 0 where there is none."""
    finite = np.abs(expected[np.isfinite(expected)])
    return float(finite.max()) if finite.size else 0.0


def numbers(value: Value) -> Iterator[TensorValue | float]:
    """Every tensor and number in ``value``; True and False are none."""
    match value:
        case bool() | str() | bytes() | None:
            return
        case TensorValue() | int() | float():
            yield value
        case Mapping():
            for item in value.values():
                yield from numbers(item)
        case _:
            for item in value:
                yield from numbers(item)


def zero_bound(inputs: Mapping[str, Value]) -> float:
    """How large a result for these ``inputs`` may be and still be zero up to rounding: 1e-6 max(1, largest input)."""
    largest = 1.0
    for leaf in numbers(inputs):
        if isinstance(leaf, TensorValue):
            largest = max(largest, scale(reals(leaf)))
        elif math.isfinite(number := as_float(leaf)):
            largest = max(largest, abs(number))
    return ZERO * largest


@any_bits
def is_off(expected: Reals, got: Reals, tolerance: Tolerance, noise: float) -> Mask:
    """Which elements of ``got`` are not close to ``expected``, both 1-D and of one size.

    A finite element is close when |a - e| <= min(r|e| + cS + 4N + t, max(max(1/100, r)S, t)), where S is the largest
    |e|, N the ``noise`` of the reference and r, c, t the ``tolerance``. NaN and infinities must be the same. The cap
    keeps a noisy reference from accepting what is one percent of the largest element off, unless r itself does.
    """
    largest = scale(expected)
    room = tolerance.relative * np.abs(expected) + tolerance.scaled * largest + 4 * noise + tolerance.absolute
    bound = np.minimum(room, max(max(PERCENT, tolerance.relative) * largest, tolerance.absolute))
    close = np.abs(got - expected) <= bound
    same = (got == expected) | (np.isnan(got) & np.isnan(expected))
    return ~np.where(np.isfinite(expected), np.isfinite(got) & close, same)


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


@any_bits
def _largest(one: Reals, other: Reals, witness: bool) -> float:
    if one.size != other.size:  # complex against real
        return math.inf
    same: Mask = (one == other) | (np.isnan(one) & np.isnan(other))
    if witness:
        same |= ~np.isfinite(one)
    differences = np.nan_to_num(np.abs(one - other), nan=math.inf, posinf=math.inf)
    return float(np.where(same, 0.0, differences).max()) if one.size else 0.0


def rounding(value: Value) -> float:
    """A unit in the last place of the largest number of ``value``, or thereabouts; in half precision a coarser one."""
    match value:
        case TensorValue():
            magnitudes = _magnitudes(value)
            finite = magnitudes[np.isfinite(magnitudes)]
            return _UNITS.get(value.dtype, _UNIT) * float(finite.max()) if finite.size else 0.0
        case int() | float():
            return _UNIT * abs(float(value)) if abs(value) < 1e300 else 0.0
        case str() | bytes() | None:
            return 0.0
        case Mapping():
            return max(map(rounding, value.values()), default=0.0)
    return max(map(rounding, value), default=0.0)


@any_bits
def _magnitudes(tensor: TensorValue) -> Reals:
    return np.asarray(np.abs(elements(tensor).astype(np.complex128)))
