"""The keys that say how observations are compared."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace

from bot.authoring.front_matter import Entry
from bot.authoring.keys import Keys
from bot.authoring.problems import nearest, quoted
from bot.core.closeness import TOLERANCES, Tolerance
from bot.core.mutants import MUTANTS

# bfloat16 has a unit of 2**-7, so that a few roundings of it fit; wider, a factor one forgot would pass.
MAX_TOLERANCES: Mapping[str, float] = {"relative": 0.05, "scaled": 0.01, "absolute": 0.01}
MAX_ACCEPTED = 3
_NEVER_RIGHT = frozenset({"zeros", "constants", "nan"})

_NUMBER = re.compile(r"(?:\d{1,9}(?:\.\d{0,15})?|\.\d{1,15})(?:[eE][+-]?\d{1,3})?", re.ASCII)
_CONSTANTS = tuple(field.name for field in fields(Tolerance))


@dataclass(frozen=True, slots=True)
class Comparison:
    """How close is close, and which observations are special; as in :class:`bot.core.questions.CodeTask`."""

    tolerance: Tolerance | None
    zero: tuple[str, ...]
    not_finite: tuple[str, ...]
    trust: tuple[str, ...]
    accepts: tuple[str, ...]


def read_comparison(keys: Keys, observe: Sequence[str] | None) -> Comparison:
    """What the keys say about comparing the observations ``observe``; None where not all of them could be read."""
    comparison = Comparison(
        tolerance=_tolerance(keys),
        zero=keys.known("zero", observe),
        not_finite=keys.known("not_finite", observe),
        trust=keys.known("trust", observe),
        accepts=_accepts(keys),
    )
    if observe is None:
        return comparison
    if set(comparison.trust) == set(observe):
        mend = "observe a value as well, such as the result or a gradient"
        keys.refuse("trust", "every observation is a claim, and a claim can be forged", mend)
    elif comparison.zero and set(comparison.zero + comparison.trust) == set(observe):
        mend = "observe something as well that is not zero, and not a claim"
        keys.refuse("zero", "nothing but zeros decides, so that zeros would pass for any answer", mend)
    return comparison


def _accepts(keys: Keys) -> tuple[str, ...]:
    accepts = keys.known("accepts", MUTANTS)
    for name in accepts:
        if name in _NEVER_RIGHT:
            mend = "draw inputs whose right answer differs from it"
            keys.refuse("accepts", f"`accepts` names `{name}`, which is never a right answer", mend)
    if len(accepts) > MAX_ACCEPTED:
        mend = f"keep at most {MAX_ACCEPTED}, and draw inputs that tell the others apart"
        keys.refuse("accepts", f"`accepts` names {len(accepts)} mutations", mend)
    return accepts


def _tolerance(keys: Keys) -> Tolerance | None:
    if "tolerance" not in keys:
        return None
    given: dict[str, float] = {}
    for name, entry in keys.mapping("tolerance", "write `tolerance: {relative: 1e-2, scaled: 1e-3}`").items():
        if name not in _CONSTANTS:
            keys.refuse_at(entry.line, f"`tolerance` has no {quoted(name)}", nearest(name, _CONSTANTS))
        elif (number := _number(entry, MAX_TOLERANCES[name])) is None:
            mend = f"write one number above 0 and up to {MAX_TOLERANCES[name]}, as in `{name}: 1e-3`"
            keys.refuse_at(entry.line, f"`{name}` is {quoted(', '.join(entry.texts))}", mend)
        else:
            given[name] = number
    return replace(TOLERANCES["float32"], **given)


def _number(entry: Entry, most: float) -> float | None:
    if entry.is_list or not _NUMBER.fullmatch(entry.texts[0].strip()):
        return None
    number = float(entry.texts[0])
    return number if 0 < number <= most else None
