"""Compares what was observed with what the solution gave: in which respect they differ, and in which words."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from bot.core.closeness import EXACT_DTYPES, TOLERANCES, Mask, Tolerance, any_bits, as_float, is_off, reals, zero_bound
from bot.core.questions import CodeTask, Trial
from bot.core.relations import relation
from bot.core.showing import elements, number, shape_of, show
from bot.core.type_guards import is_list, is_number
from bot.core.verdicts import Mismatch, MismatchKind
from bot.core.words import counted
from sandbox.values import TensorValue, Value

_REAL_WIDTH: Mapping[str, int] = {"float16": 2, "bfloat16": 2, "float32": 4, "float64": 8}


@dataclass(frozen=True, slots=True)
class Difference:
    """A respect in which an observation is not as expected.

    Finding it is quick; putting it into words, which few of them ever are, takes ten times as long.
    """

    observation: str
    mismatch: Callable[[], Mismatch]
    """Puts it into words."""


def compare(
    expected: Value,
    got: Value,
    *,
    name: str,
    noise: float = 0.0,
    exact_dtype: bool,
    none_is_zero: bool = False,
    tolerance: Tolerance | None = None,
) -> Difference | None:
    """The first respect in which ``got`` is not ``expected``: kind, shape, dtype, NaN and infinities, values.

    ``name`` is the observation, ``noise`` its N as in :class:`bot.core.questions.Trial`. With ``exact_dtype`` (as for
    gradients) the dtype must be the same; otherwise a wider real float will do. Lists and dicts are compared item
    by item, numbers as float64 with float32's tolerance, whole numbers and text exactly. ``tolerance`` replaces
    the constants of the dtype; without it an expected float16 or bfloat16 raises ValueError.
    """
    comparison = _Comparison(noise, exact_dtype, none_is_zero, tolerance)
    return comparison.of(expected, got, name)


def compare_trial(task: CodeTask, trial: Trial, observed: Mapping[str, Value]) -> tuple[Difference, ...]:
    """Every observation of ``trial`` that is missing from ``observed`` or not as expected, by the rules of ``task``."""
    found = (
        compare_observation(task, trial, name, observed[name]) if name in observed else missing(expected, name)
        for name, expected in trial.expected.items()
    )
    return tuple(difference for difference in found if difference)


def compare_observation(task: CodeTask, trial: Trial, name: str, got: Value) -> Difference | None:
    """In which respect ``got`` is not the observation ``name`` of ``trial``, by the rules of ``task``, or ``None``.

    What the task declares to be zero up to rounding must be of the expected kind, shape and dtype, finite, and nowhere
    larger than :func:`bot.core.closeness.zero_bound`.
    """
    expected, noise, tolerance = trial.expected[name], trial.noise.get(name, 0.0), task.tolerance
    if name in task.zero:
        expected, noise, tolerance = _zeroed(expected), 0.0, Tolerance(0.0, 0.0, zero_bound(trial.inputs))
    return compare(
        expected,
        got,
        name=name,
        noise=noise,
        exact_dtype=is_gradient(name),
        none_is_zero=task.none_is_zero,
        tolerance=tolerance,
    )


def is_gradient(name: str) -> bool:
    """Whether the observation ``name`` is a gradient, whose dtype must be exactly that of its leaf."""
    return name.startswith("grad(")


def missing(expected: Value, name: str) -> Difference:
    """The difference of an observation that did not arrive."""
    message = f"{name} is missing from what came back."
    return Difference(name, lambda: Mismatch(name, MismatchKind.MISSING, show(expected), "", message))


class _Comparison:
    def __init__(self, noise: float, exact_dtype: bool, none_is_zero: bool, tolerance: Tolerance | None) -> None:
        self.noise = noise
        self.exact_dtype = exact_dtype
        self.none_is_zero = none_is_zero
        self.tolerance = tolerance

    def of(self, expected: Value, got: Value, name: str) -> Difference | None:
        if self.none_is_zero and _are_none_and_zeros(expected, got):
            return None
        if isinstance(expected, TensorValue) and isinstance(got, TensorValue):
            return self.tensor(expected, got, name)
        if is_number(expected) and is_number(got):
            return self.number(expected, got, name)
        if isinstance(expected, Mapping) and isinstance(got, Mapping):
            return self.mapping(expected, got, name)
        if is_list(expected) and is_list(got):
            return self.items(expected, got, name)
        if type(expected) is not type(got):
            return Difference(name, lambda: _kind(expected, got, name))
        return None if expected == got else Difference(name, lambda: _other(expected, got, name))

    def items(self, expected: Sequence[Value], got: Sequence[Value], name: str) -> Difference | None:
        if len(expected) != len(got):
            return Difference(name, lambda: _length(expected, got, name))
        pairs = enumerate(zip(expected, got, strict=True))
        return next((found for i, (e, a) in pairs if (found := self.of(e, a, f"{name}[{i}]"))), None)

    def mapping(self, expected: Mapping[str, Value], got: Mapping[str, Value], name: str) -> Difference | None:
        if expected.keys() != got.keys():
            return Difference(name, lambda: _keys(expected, got, name))
        return next(
            (found for k, e in expected.items() if (found := self.of(e, got[k], f"{name}[{show(k, 40)}]"))), None
        )

    def number(self, expected: float, got: float, name: str) -> Difference | None:
        # A whole number can be beyond any float, and is still none of the infinities.
        if isinstance(expected, int) or (isinstance(got, int) and not math.isfinite(expected)):
            off = np.array([got != expected])
        else:
            tolerance = self.tolerance or TOLERANCES["float32"]
            off = is_off(np.array([expected]), np.array([as_float(got)]), tolerance, self.noise)
        return Difference(name, lambda: _number(expected, got, name)) if off.any() else None

    def tensor(self, expected: TensorValue, got: TensorValue, name: str) -> Difference | None:
        if expected.shape != got.shape:
            return Difference(name, lambda: _shape(expected, got, name))
        problem = self.dtype_problem(expected.dtype, got.dtype)
        if problem is not None:
            return Difference(name, lambda: _dtype(expected, got, problem, name))
        if expected.dtype in EXACT_DTYPES:
            # Not as float64: two int64 above 2**53 can share one.
            off: Mask = elements(expected) != elements(got)
        else:
            off = is_off(reals(expected), reals(got), self.constants(expected.dtype), self.noise)
        return Difference(name, lambda: _elements(expected, got, off, name)) if off.any() else None

    def constants(self, dtype: str) -> Tolerance:
        if self.tolerance is None and dtype not in TOLERANCES:
            raise ValueError(f"what is close in {dtype} must be said by the question")
        return self.tolerance or TOLERANCES[dtype]

    def dtype_problem(self, expected: str, got: str) -> str | None:
        """What to say after the two dtypes, or ``None`` where ``got`` will do."""
        if expected == got:
            return None
        if expected not in _REAL_WIDTH or got not in _REAL_WIDTH:
            return ""
        wider = _REAL_WIDTH[got] - _REAL_WIDTH[expected]
        if wider > 0 and not self.exact_dtype:
            return None
        return ", which holds more digits" if wider < 0 else ""


def _zeroed(value: Value) -> Value:
    """``value`` with zeros for all its numbers."""
    match value:
        case TensorValue():
            return TensorValue(value.dtype, value.shape, bytes(len(value.data)))
        case bool() | str() | bytes() | None:
            return value
        case int() | float():
            return type(value)(0)
        case Mapping():
            return {key: _zeroed(item) for key, item in value.items()}
    return [_zeroed(item) for item in value]


@any_bits
def _are_none_and_zeros(one: Value, other: Value) -> bool:
    tensor = other if one is None else one if other is None else None
    return isinstance(tensor, TensorValue) and not elements(tensor).any()


# --- sentences ---------------------------------------------------------------------------------------------


def _what(value: Value) -> str:
    match value:
        case None:
            return "None"
        case TensorValue():
            return f"a tensor of shape {shape_of(value.shape)}"
        case bool():
            return str(value)
        case int() | float():
            return f"the Python number {show(value, 40)}"
        case str():
            return f"the text {show(value, 40)}"
        case Mapping():
            return "a dict"
        case bytes():
            return "bytes"
    return f"a list of {counted(len(value), 'item')}"


def _kind(expected: Value, got: Value, name: str) -> Mismatch:
    hint = ""
    if isinstance(expected, TensorValue) and is_number(got):
        hint = " Keep the tensor: no .item() and no float()."
    elif is_number(expected) and isinstance(got, TensorValue):
        hint = " Call .item() on it." if math.prod(got.shape) == 1 else ""
    elif got is None:
        hint = " It got no gradient at all." if name.startswith("grad(") else " Is a return missing?"
    message = f"{name} is {_what(got)}, expected {_what(expected)}.{hint}"
    return Mismatch(name, MismatchKind.KIND, show(expected), show(got), message)


def _other(expected: Value, got: Value, name: str) -> Mismatch:
    message = f"{name} is {show(got, 60)}, expected {show(expected, 60)}."
    return Mismatch(name, MismatchKind.VALUE, show(expected), show(got), message)


def _length(expected: Sequence[Value], got: Sequence[Value], name: str) -> Mismatch:
    message = f"{name} has {counted(len(got), 'item')}, expected {len(expected)}."
    return Mismatch(name, MismatchKind.SHAPE, show(expected), show(got), message)


def _keys(expected: Mapping[str, Value], got: Mapping[str, Value], name: str) -> Mismatch:
    message = f"{name} has the keys {show(sorted(got), 80)}, expected {show(sorted(expected), 80)}."
    return Mismatch(name, MismatchKind.SHAPE, show(expected), show(got), message)


def _number(expected: float, got: float, name: str) -> Mismatch:
    finite = math.isfinite(as_float(expected)) == math.isfinite(as_float(got))
    hint = relation(float(expected), as_float(got)) if abs(expected) < 1e300 else None
    message = f"{name} is {show(got, 60)}, expected {show(expected, 60)}{f': {hint}' if hint else ''}."
    kind = MismatchKind.VALUE if finite else MismatchKind.NOT_FINITE
    return Mismatch(name, kind, show(expected), show(got), message)


def _dtype(expected: TensorValue, got: TensorValue, problem: str, name: str) -> Mismatch:
    message = f"{name} has dtype {got.dtype}, expected {expected.dtype}{problem}."
    return Mismatch(name, MismatchKind.DTYPE, show(expected), show(got), message)


def _shape(expected: TensorValue, got: TensorValue, name: str) -> Mismatch:
    tail = f": {hint}" if (hint := relation(expected, got)) else ""
    message = f"{name} has shape {shape_of(got.shape)}, expected {shape_of(expected.shape)}{tail}."
    return Mismatch(name, MismatchKind.SHAPE, show(expected), show(got), message)


def _elements(expected: TensorValue, got: TensorValue, off: Mask, name: str) -> Mismatch:
    width = 2 if "complex" in expected.dtype else 1
    wrong: Mask = np.asarray(off.reshape(-1, width).any(axis=1))
    kind, message = MismatchKind.VALUE, _worst(expected, got, wrong, name)
    if expected.dtype not in EXACT_DTYPES:
        e, a = reals(expected), reals(got)
        if unexpected := int((np.isfinite(e) & ~np.isfinite(a)).sum()):
            kind = MismatchKind.NOT_FINITE
            names = " and ".join(word for word, there in (("NaN", np.isnan(a)), ("inf", np.isinf(a))) if there.any())
            message = f"{name} holds {names} in {unexpected} of {counted(e.size // width, 'element')}."
        elif (np.isfinite(a) & ~np.isfinite(e)).any():
            kind = MismatchKind.NOT_FINITE
            message = f"{name} is finite where {show(expected, 80)} is expected."
    return Mismatch(name, kind, show(expected), show(got), message)


def _worst(expected: TensorValue, got: TensorValue, wrong: Mask, name: str) -> str:
    e, a = elements(expected), elements(got)
    tail = f": {hint}" if (hint := relation(expected, got)) else ""
    if wrong.size == 1:
        return f"{name} is {_digits(a[0], e[0])}, expected {_digits(e[0], a[0])}{tail}."
    position = _worst_position(e, a, wrong)
    where = ", ".join(str(int(i)) for i in np.unravel_index(position, expected.shape))
    share = "in every element" if wrong.all() else f"in {int(wrong.sum())} of {wrong.size} elements"
    far, right = _digits(a[position], e[position]), _digits(e[position], a[position])
    return f"{name} is wrong {share}{tail}; at [{where}] it is {far}, expected {right}."


@any_bits
def _worst_position(expected: npt.NDArray[Any], got: npt.NDArray[Any], wrong: Mask) -> int:
    far = np.abs(got.astype(np.complex128) - expected.astype(np.complex128))
    return int(np.where(wrong, np.nan_to_num(far, nan=np.inf), -1.0).argmax())


def _digits(value: np.generic, other: np.generic) -> str:
    """``value`` with as many digits as tell it from ``other``."""
    one, two = value.item(), other.item()
    if not isinstance(one, float | complex):
        return str(one)
    return next((text for digits in (4, 7, 10) if (text := number(one, digits)) != number(two, digits)), repr(one))
