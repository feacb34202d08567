"""Values as short text: like torch prints them, but small, in bounded time and of bounded length."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

import numpy as np
import numpy.typing as npt

from sandbox.values import TensorValue, Value

LIMIT = 240
MAX_ELEMENTS = 36
"""A tensor with more elements is shown by its shape and its first few."""
_FIRST_ELEMENTS = 6
_UNSAID_DTYPES = frozenset({"float32", "int64", "bool"})


def elements(tensor: TensorValue, count: int | None = None) -> npt.NDArray[np.generic]:
    """The first ``count`` elements (all by default) as a 1-D array: bool, or the dtype itself; bfloat16 as float32.

    The shape is left aside: a hostile one with no elements can be too large for numpy.
    """
    if tensor.dtype == "bool":
        # Hostile bytes need not be 0 or 1, which a numpy bool must be.
        return np.frombuffer(tensor.data, np.uint8)[:count].astype(np.bool_)
    if tensor.dtype == "bfloat16":
        return (np.frombuffer(tensor.data, "<u2")[:count].astype(np.uint32) << 16).view(np.float32)
    return np.frombuffer(tensor.data, np.dtype(tensor.dtype).newbyteorder("<"))[:count]


def show(value: Value, limit: int = LIMIT) -> str:
    """``value`` as one line of at most ``limit`` characters; text is quoted and escaped, four significant digits."""
    parts: list[str] = []
    room = limit
    for part in _parts(value):
        room -= len(part)
        parts.append(part)
        if room < 0:
            return "".join(parts)[: max(0, limit - 1)] + "…"
    return "".join(parts)


def shape_of(shape: Sequence[int]) -> str:
    """A shape as torch writes it: ``[2, 3]``."""
    return f"[{', '.join(str(size) for size in shape)}]"


def _parts(value: Value) -> Iterator[str]:
    # Lazily, so that showing a huge value costs no more than its first few hundred characters.
    match value:
        case TensorValue():
            yield from _tensor(value)
        case None | bool():
            yield str(value)
        case int():
            # str() of a 4,000-bit integer is slow, and refused by Python beyond some length.
            yield str(value) if value.bit_length() < 200 else f"an integer of {value.bit_length()} bits"
        case float():
            yield number(value)
        case str():
            yield repr(value[:1000])
        case bytes():
            yield f"{len(value)} bytes"
        case Mapping():
            yield from _bracketed("{}", ((repr(key[:200]) + ": ", item) for key, item in value.items()))
        case Sequence():
            yield from _bracketed("[]", (("", item) for item in value))


def _bracketed(brackets: str, items: Iterable[tuple[str, Value]]) -> Iterator[str]:
    yield brackets[0]
    for index, (label, item) in enumerate(items):
        yield (", " if index else "") + label
        yield from _parts(item)
    yield brackets[1]


def number(value: complex, digits: int = 4) -> str:
    """One number to ``digits`` significant digits, a whole one in full: ``0.3333``, ``4.0``, ``nan``, ``-inf``."""
    if isinstance(value, complex):
        return f"{value:.{digits}g}"
    if math.isfinite(value) and value == int(value) and abs(value) < 1e7:
        return f"{value:.1f}"
    text = f"{value:.{digits}g}"
    # 1.00002 is no whole number, and must not look like an int.
    return f"{text}.0" if text.lstrip("-").isdigit() else text


def _element(value: object) -> str:
    if isinstance(value, float):
        text = number(value)
        return text[:-1] if text.endswith(".0") else text
    return number(value) if isinstance(value, complex) else str(value)


def _tensor(tensor: TensorValue) -> Iterator[str]:
    suffix = "" if tensor.dtype in _UNSAID_DTYPES else f", dtype=torch.{tensor.dtype}"
    count = math.prod(tensor.shape)
    if not count:
        size = "" if tensor.shape == (0,) else f", size=({', '.join(str(size) for size in tensor.shape)})"
        yield f"tensor([]{size}{suffix})"
    elif count <= MAX_ELEMENTS:
        yield "tensor("
        yield from _nested(iter(elements(tensor).tolist()), tensor.shape)
        yield f"{suffix})"
    else:
        first = ", ".join(_element(item) for item in elements(tensor, _FIRST_ELEMENTS).tolist())
        yield f"tensor of shape {shape_of(tensor.shape)}{suffix}: {first}, …"


def _nested(items: Iterator[object], shape: Sequence[int]) -> Iterator[str]:
    if not shape:
        yield _element(next(items))
    elif len(shape) == 1:
        yield "[" + ", ".join(_element(item) for item in islice(items, shape[0])) + "]"
    else:
        yield "["
        for index in range(shape[0]):
            yield ", " if index else ""
            yield from _nested(items, shape[1:])
        yield "]"
