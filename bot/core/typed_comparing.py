"""Compares a typed value with the value it should be.

A typed number is taken at the precision it was typed with: 0.333 is right for 1/3, 0.33 is too coarse to tell, 13.01
is wrong for 13. From three significant digits on, a number is right when it is the expected one rounded or cut off at
the last typed place; with fewer it must be the expected one. The messages do not tell the expected value: a value
question has three attempts.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from bot.core.closeness import EXACT_DTYPES, scale
from bot.core.showing import elements, shape_of, show
from bot.core.type_guards import is_list
from bot.core.typed import Answer
from bot.core.verdicts import Mismatch, MismatchKind
from sandbox.values import TensorValue, Value

COARSEST = 100
"""A number of three significant digits is at least this many of its last typed units."""
_FLOAT_NOISE = 1e-5
_NAME = "your answer"
_PREFIXES = ("builtins.", "torch.")


def compare_answer(expected: Value, answer: Answer) -> Mismatch | None:
    """In which respect a typed ``answer`` is not ``expected``, or ``None``.

    A nested list stands for a tensor of any dtype, and 4 for 4.0; True is only True; a name may carry ``builtins.`` or
    an address. A number is no one-element list. Complex numbers cannot be typed.
    """
    value, units = answer.value, answer.units
    match expected:
        case TensorValue():
            return _tensor(expected, answer)
        case None | bool():
            right = value is expected
        case int() | float():
            if isinstance(value, list) and _right_if_unwrapped(expected, answer):
                return _wrong(expected, value, MismatchKind.SHAPE, "The number is right, but it is not in a list.")
            return _number(expected, value, units)
        case str():
            right = isinstance(value, str) and _plain_name(value) == _plain_name(expected)
        case Mapping() | bytes():
            right = False
        case Sequence():
            return _items(expected, answer)
    if right:
        return None
    kind = MismatchKind.VALUE if isinstance(value, str) and isinstance(expected, str) else MismatchKind.KIND
    return _wrong(expected, value, kind, f"{show(value, 60)} is not it.")


def as_typed(value: Value) -> Answer:
    """A computed ``value`` as an answer typed with every digit: tensors as nested lists, tuples as lists."""
    plain = _nested(elements(value).tolist(), value.shape) if isinstance(value, TensorValue) else value
    if is_list(plain):
        items = [as_typed(item) for item in plain]
        return Answer([item.value for item in items], [item.units for item in items])
    return Answer(plain, 0)


def _nested(flat: Sequence[Value], shape: Sequence[int]) -> Value:
    if not shape or not flat:  # a shape without elements can be of any length
        return flat[0] if flat else []
    step = math.prod(shape[1:])
    return [_nested(flat[at * step : (at + 1) * step], shape[1:]) for at in range(shape[0])]


def _wrong(expected: Value, got: Value, kind: MismatchKind, message: str) -> Mismatch:
    return Mismatch(_NAME, kind, show(expected), show(got), message)


def _plain_name(name: str) -> str:
    name = name.strip().strip("<>").partition(" object at ")[0]
    for prefix in _PREFIXES:
        name = name.removeprefix(prefix)
    return name.removesuffix("()")


def _items(expected: Sequence[Value], answer: Answer) -> Mismatch | None:
    value, units = answer.value, answer.units
    if not isinstance(value, list) or not isinstance(units, list) or len(value) != len(expected):
        message = f"Your answer is {_said_shape(value)}; {len(expected)} values are asked for."
        return _wrong(expected, value, MismatchKind.SHAPE, message)
    triples = zip(expected, value, units, strict=True)
    found = (compare_answer(e, Answer(a, unit)) for e, a, unit in triples)
    return next((mismatch for mismatch in found if mismatch), None)


def _said_shape(value: Value) -> str:
    return f"a list of {len(value)}" if isinstance(value, list) else show(value, 40)


# --- numbers -----------------------------------------------------------------------------------------------


def _number(expected: float, value: Value, unit: Value, largest: float | None = None) -> Mismatch | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return _wrong(expected, value, MismatchKind.KIND, f"{show(value, 60)} is not it.")
    assert isinstance(unit, int | float)
    if _is_close(expected, value, unit, abs(expected) if largest is None else largest):
        return None
    if _is_at_typed_precision(expected, value, unit):
        message = "That is close, but typed too coarsely to tell: give at least three significant digits."
    else:
        message = f"{show(value, 60)} is not it."
    return _wrong(expected, value, MismatchKind.VALUE, message)


def _is_close(expected: float, value: float, unit: float, largest: float) -> bool:
    if isinstance(expected, int):
        return value == expected
    if not math.isfinite(expected) or not math.isfinite(value):
        return value == expected or (math.isnan(expected) and math.isnan(value))
    # What cancelled in float32 is not quite zero; the person who worked it out by hand says zero.
    if value == 0 and abs(expected) <= 1e-6 * largest and largest > abs(expected):
        return True
    # Capped, so that a whole number is never right for its neighbour, however large.
    if _distance(value, expected) <= min(_FLOAT_NOISE * abs(expected), 0.25):
        return True
    fine_enough = _magnitude(value) >= COARSEST * unit * (1 - 1e-9)
    return fine_enough and _is_at_typed_precision(expected, value, unit)


def _is_at_typed_precision(expected: float, value: float, unit: float) -> bool:
    """Whether ``value`` is ``expected`` rounded to a multiple of ``unit``, or cut off there."""
    if not math.isfinite(expected) or not math.isfinite(value) or not unit or isinstance(expected, int):
        return False
    slack = 1e-6 * min(abs(expected), unit)
    rounded = _distance(value, expected) <= unit / 2 + slack
    cut_off = value * expected > 0 and -slack <= abs(expected) - _magnitude(value) < unit - slack
    return rounded or cut_off


def _magnitude(value: float) -> float:
    return abs(float(value))


def _distance(value: float, expected: float) -> float:
    return abs(float(value) - expected)


# --- tensors -----------------------------------------------------------------------------------------------


def _tensor(expected: TensorValue, answer: Answer) -> Mismatch | None:
    shape = _shape(answer.value)
    if shape is None:
        return _wrong(expected, answer.value, MismatchKind.SHAPE, "The rows of your answer have different lengths.")
    if shape != expected.shape:
        return _other_shape(expected, answer, shape)
    return next(_element_mismatches(expected, answer), None)


def _element_mismatches(expected: TensorValue, answer: Answer) -> Iterator[Mismatch]:
    flat = elements(expected)
    if "complex" in expected.dtype:
        yield _wrong(
            expected, answer.value, MismatchKind.KIND, "Complex numbers cannot be compared with a typed value."
        )
        return
    largest = 0.0 if expected.dtype in EXACT_DTYPES else scale(flat.astype("float64"))
    for right, (value, unit) in zip(flat.tolist(), _leaves(answer.value, answer.units), strict=True):
        if isinstance(right, bool):
            mismatch = None if value is right else _wrong(right, value, MismatchKind.VALUE, "That is not it.")
        else:
            mismatch = _number(right, value, unit, largest)
        if mismatch:
            # What is said about one element must not tell which ones are right.
            close = mismatch.message if "coarsely" in mismatch.message else f"{show(answer.value, 60)} is not it."
            yield _wrong(expected, answer.value, mismatch.kind, close)


def _shape(value: Value) -> tuple[int, ...] | None:
    """The shape of nested lists, () for anything else, ``None`` where rows differ."""
    if not isinstance(value, list):
        return ()
    inner = {_shape(item) for item in value}
    if None in inner or len(inner) > 1:
        return None
    return (len(value), *(inner.pop() or () if inner else ()))


def _leaves(value: Value, units: Value) -> Iterator[tuple[Value, Value]]:
    if isinstance(value, list) and isinstance(units, list):
        for item, unit in zip(value, units, strict=True):
            yield from _leaves(item, unit)
    else:
        yield value, units


def _other_shape(expected: TensorValue, answer: Answer, shape: tuple[int, ...]) -> Mismatch:
    value = answer.value
    if not shape and (value is None or isinstance(value, str | bool)):
        return _wrong(expected, value, MismatchKind.KIND, f"{show(value, 60)} is not it.")
    wanted, given = shape_of(expected.shape), shape_of(shape)
    as_typed = "a single number" if not shape else f"of shape {given}"
    message = f"Your answer is {as_typed}; what is asked for has shape {wanted}."
    if not expected.shape:
        message = f"Your answer is of shape {given}; what is asked for is a single number, without brackets."
    elif not shape and math.prod(expected.shape) == 1:
        message += " Put the number into brackets."
    return _wrong(expected, value, MismatchKind.SHAPE, message)


def _right_if_unwrapped(expected: float, answer: Answer) -> bool:
    value, units = answer.value, answer.units
    if not isinstance(value, list) or not isinstance(units, list) or len(value) != 1:
        return False
    return not isinstance(value[0], list) and _number(expected, value[0], units[0]) is None
