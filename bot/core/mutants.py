"""Wrong results a mechanical mistake would give, made from the right ones: whatever accepts one proves little."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from bot.core.closeness import largest_difference, rounding, wrong_factor
from bot.core.comparing import is_gradient
from bot.core.questions import CodeTask, Trial
from bot.core.showing import elements
from bot.core.type_guards import is_number
from sandbox.values import TensorValue, Value

MUTANTS: Mapping[str, str] = {
    "zeros": "zeros instead of every number",
    "ones": "ones instead of every number",
    "sign": "every sign flipped",
    "double": "twice every number",
    "percent": "1.01 times every number (more where `tolerance` is wide)",
    "element": "the largest element 1.1 times too large",
    "smallest": "the smallest element set to zero",
    "constants": "the first trial's values on every trial",
    "detach": "no gradient at all",
    "nan": "NaN instead of every number",
}
"""What each mutation makes of the expected values, by the name a question file gives it under ``accepts``."""

_Array: TypeAlias = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Mutant:
    """The results of one mutation of ``observations``: ``observed`` on each trial of ``trials``.

    ``trials`` are those on which the mutation makes a difference; never empty.
    """

    name: str
    observations: tuple[str, ...]
    trials: tuple[Trial, ...]
    observed: tuple[Mapping[str, Value], ...]


def mutants(task: CodeTask, trials: Sequence[Trial]) -> Iterator[Mutant]:
    """Every mutant that differs from the expected values, of all telling observations at once and of each alone.

    Left alone are claims (``trust``), what is zero but for rounding (``zero``), and what ``accepts`` names. Where a
    mutation changes nothing beyond the rounding of a trial, that trial is not among the mutant's.
    """
    telling = _telling(task, trials)
    groups = [telling, *((name,) for name in telling)] if len(telling) > 1 else [telling]
    for name, group in itertools.product(MUTANTS, groups):
        if name in task.accepts:
            continue
        made = [(trial, _changed(name, group, task, trial, trials)) for trial in trials]
        changed = [(trial, observed) for trial, observed in made if observed is not None]
        if changed:
            yield Mutant(name, group, tuple(trial for trial, _ in changed), tuple(observed for _, observed in changed))


def _telling(task: CodeTask, trials: Sequence[Trial]) -> tuple[str, ...]:
    silent = {*task.trust, *task.zero}
    return tuple(name for name in (trials[0].expected if trials else ()) if name not in silent)


def _changed(
    mutation: str, group: Sequence[str], task: CodeTask, trial: Trial, trials: Sequence[Trial]
) -> Mapping[str, Value] | None:
    """What the mutation makes of ``trial``, or ``None`` where that differs in no observation of the group."""
    made: dict[str, Value] = dict(trial.expected)
    differs = False
    for name in group:
        right = trial.expected[name]
        wrong = _mutated(mutation, name, right, task, trials[0].expected.get(name))
        if _differs(right, wrong, trial.noise.get(name, 0.0), none_is_zero=task.none_is_zero):
            made[name] = wrong
            differs = True
    return made if differs else None


def _mutated(mutation: str, name: str, value: Value, task: CodeTask, first: Value) -> Value:
    if mutation == "constants":
        return first
    if mutation == "detach":
        return None if is_gradient(name) else value
    if mutation == "percent" and task.tolerance:
        factor = wrong_factor(task.tolerance)
        return _through(value, lambda array: array * factor)
    return _through(value, CHANGES[mutation])


def _differs(right: Value, wrong: Value, noise: float, *, none_is_zero: bool) -> bool:
    if wrong is None and none_is_zero and isinstance(right, TensorValue) and not elements(right).any():
        return False
    return largest_difference(right, wrong) > 4 * noise + rounding(right)


# --- changing values ---------------------------------------------------------------------------------------


def _through(value: Value, change: Callable[[_Array], _Array]) -> Value:
    """``value`` with ``change`` made to every tensor and number in it; texts, truth values and ``None`` stay."""
    match value:
        case bool() | str() | bytes() | None:
            return value
        case TensorValue():
            return _tensor(change(elements(value)), value) if elements(value).size else value
        case Mapping():
            return {name: _through(item, change) for name, item in value.items()}
    if is_number(value):
        return _number(value, change)
    assert not isinstance(value, int | float)
    return [_through(item, change) for item in value]


def _number(value: float, change: Callable[[_Array], _Array]) -> Value:
    if isinstance(value, int):
        if value.bit_length() > 50:
            return value
        changed = change(np.array([value], np.int64))[0]
        return round(float(changed)) if np.isfinite(changed) else float(changed)
    return float(change(np.array([value], np.float64))[0])


def _tensor(changed: _Array, like: TensorValue) -> TensorValue:
    """``changed`` in the dtype and shape of ``like``; what that dtype cannot hold makes no difference."""
    original = elements(like)
    if original.dtype.kind in "biu" and not np.isfinite(changed).all():
        return like
    if original.dtype.kind in "iu":
        changed = np.rint(changed)
    with np.errstate(over="ignore", invalid="ignore"):
        cast = changed.astype(original.dtype)
    if like.dtype == "bfloat16":
        bits = cast.view(np.uint32)
        cast = ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype("<u2")  # to nearest, ties to even, as torch rounds
    return TensorValue(like.dtype, like.shape, cast.astype(cast.dtype.newbyteorder("<")).tobytes())


def _signed(array: _Array) -> _Array:
    return ~array if array.dtype.kind == "b" else -array


def _element(array: _Array) -> _Array:
    changed = array.astype(np.complex128 if array.dtype.kind == "c" else np.float64)
    changed[np.nan_to_num(np.abs(changed), nan=-1.0, posinf=-1.0).argmax()] *= 1.1
    return changed


def _smallest(array: _Array) -> _Array:
    changed = array.copy()
    changed[np.where(array == 0, np.inf, np.abs(array)).argmin()] = 0
    return changed


CHANGES: Mapping[str, Callable[[_Array], _Array]] = {
    "zeros": np.zeros_like,
    "ones": np.ones_like,
    "sign": _signed,
    "double": lambda array: array * 2,
    "percent": lambda array: array * 1.01,
    "element": _element,
    "smallest": _smallest,
    "nan": lambda array: np.full(array.shape, np.nan),
}
"""The mutations that need nothing but the elements of a value, in one dimension, at least one."""


# --- changing code -----------------------------------------------------------------------------------------

_DETACHING = """

import functools as _functools


def _detached(entry):
    @_functools.wraps(entry)
    def call(*arguments, **named):
        result = entry(*arguments, **named)
        return result.detach() if isinstance(result, torch.Tensor) else result

    return call


{entry} = _detached({entry})
"""


def detached(task: CodeTask) -> str | None:
    """The solution with what it returns cut off the graph; ``None`` where nobody would notice, or it is right."""
    observes_gradients = task.backward and any(map(is_gradient, task.observe))
    is_function = re.search(rf"^def[ \t]+{re.escape(task.entry)}\b", task.solution, re.MULTILINE)
    if not observes_gradients or not is_function or "detach" in task.accepts:
        return None
    return task.solution.rstrip("\n") + "\n" + _DETACHING.format(entry=task.entry)
