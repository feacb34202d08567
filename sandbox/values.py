"""Plain values and their byte form: what crosses the wall of a cell, and nothing else does.

A value is ``None``, ``bool``, ``int``, ``float``, ``str``, ``bytes``, a :class:`TensorValue`, or a list or a
string-keyed dict of these. The byte form is a tag byte followed by fixed little-endian fields; it has no
references, no types to construct and no code, so reading hostile bytes can only yield a value or a
:class:`FrameError`. Standard library only: both sides of the wall import this module.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

MAX_BYTES = 8 * 1024 * 1024
MAX_DEPTH = 9  # an observation may nest 4 deep; the job and the report around it take the rest
MAX_DIMS = 8
MAX_ITEMS = 10_000
MAX_TEXT = 4096
MAX_INT_BYTES = 512

ITEM_SIZE: Mapping[str, int] = {
    "bool": 1,
    "uint8": 1,
    "int8": 1,
    "int16": 2,
    "int32": 4,
    "int64": 8,
    "float16": 2,
    "bfloat16": 2,
    "float32": 4,
    "float64": 8,
    "complex64": 8,
    "complex128": 16,
}
"""Bytes per element of every dtype that may cross, by torch's name for it."""

_DTYPES = tuple(ITEM_SIZE)
_DTYPE_CODE = {name: code for code, name in enumerate(_DTYPES)}


class FrameError(ValueError):
    """Bytes that are not a well-formed value or frame within the limits."""


@dataclass(frozen=True, slots=True)
class TensorValue:
    """A dense tensor by value.

    ``dtype`` is torch's name for it (a key of :data:`ITEM_SIZE`), ``shape`` has at most :data:`MAX_DIMS`
    entries, ``data`` holds the elements in C order, little-endian. Raises :class:`FrameError` when the three
    do not agree.
    """

    dtype: str
    shape: tuple[int, ...]
    data: bytes

    def __post_init__(self) -> None:
        if self.dtype not in ITEM_SIZE:
            raise FrameError(f"unknown dtype {self.dtype!r}")
        if len(self.shape) > MAX_DIMS or any(size < 0 for size in self.shape):
            raise FrameError(f"impossible shape {self.shape}")
        if len(self.data) != math.prod(self.shape) * ITEM_SIZE[self.dtype]:
            raise FrameError(f"{len(self.data)} bytes do not fill {self.dtype}{list(self.shape)}")


Value: TypeAlias = bool | int | float | str | bytes | TensorValue | Sequence["Value"] | Mapping[str, "Value"] | None

_U32 = struct.Struct("<I")
_U16 = struct.Struct("<H")
_F64 = struct.Struct("<d")
_TENSOR_HEAD = struct.Struct("<BB")


def encode(value: Value, *, max_text: int = MAX_TEXT) -> bytes:
    """The byte form of ``value``. Raises :class:`FrameError` for what :func:`decode` would refuse."""
    parts: list[bytes] = []
    _encode_into(parts, value, 0, max_text)
    data = b"".join(parts)
    if len(data) > MAX_BYTES:
        raise FrameError(f"{len(data)} bytes exceed {MAX_BYTES}")
    return data


def _encode_into(parts: list[bytes], value: Value, depth: int, max_text: int) -> None:
    if depth > MAX_DEPTH:
        raise FrameError(f"nested deeper than {MAX_DEPTH}")
    match value:
        case None:
            parts.append(b"N")
        case bool():
            parts.append(b"T" if value else b"F")
        case int():
            raw = value.to_bytes((value.bit_length() + 8) // 8, "little", signed=True)
            if len(raw) > MAX_INT_BYTES:
                raise FrameError("integer too large")
            parts += (b"i", _U16.pack(len(raw)), raw)
        case float():
            parts += (b"f", _F64.pack(value))
        case str():
            parts += (b"s", *_sized(value.encode("utf-8", "replace"), max_text))
        case bytes():
            parts += (b"b", *_sized(value, MAX_BYTES))
        case TensorValue():
            parts += (
                b"t",
                _TENSOR_HEAD.pack(_DTYPE_CODE[value.dtype], len(value.shape)),
                struct.pack(f"<{len(value.shape)}Q", *value.shape),
                value.data,
            )
        case Mapping():
            parts += (b"d", _U32.pack(_counted(value)))
            for key, item in value.items():
                parts += _sized(key.encode("utf-8", "replace"), MAX_TEXT)
                _encode_into(parts, item, depth + 1, max_text)
        case Sequence():
            parts += (b"l", _U32.pack(_counted(value)))
            for item in value:
                _encode_into(parts, item, depth + 1, max_text)
        case _:
            raise FrameError(f"{type(value).__name__} is not a plain value")


def _sized(raw: bytes, limit: int) -> tuple[bytes, bytes]:
    if len(raw) > limit:
        raise FrameError(f"{len(raw)} bytes exceed {limit}")
    return _U32.pack(len(raw)), raw


def _counted(items: Sequence[Value] | Mapping[str, Value]) -> int:
    if len(items) > MAX_ITEMS:
        raise FrameError(f"{len(items)} items exceed {MAX_ITEMS}")
    return len(items)


def decode(data: bytes, *, max_text: int = MAX_TEXT) -> Value:
    """The value ``data`` encodes; every length is checked against what is left before anything is built.

    ``max_text`` caps each string in bytes (source code needs more than an observation does).
    Raises :class:`FrameError`.
    """
    if len(data) > MAX_BYTES:
        raise FrameError(f"{len(data)} bytes exceed {MAX_BYTES}")
    reader = _Reader(data, max_text)
    value = reader.value(0)
    if reader.position != len(data):
        raise FrameError("bytes after the end of the value")
    return value


class _Reader:
    def __init__(self, data: bytes, max_text: int) -> None:
        self.data = data
        self.position = 0
        self.items = 0
        self.max_text = max_text

    def take(self, count: int) -> bytes:
        end = self.position + count
        if end > len(self.data):
            raise FrameError("truncated")
        raw = self.data[self.position : end]
        self.position = end
        return raw

    def text(self, limit: int) -> str:
        (size,) = _U32.unpack(self.take(4))
        if size > limit:
            raise FrameError(f"text of {size} bytes exceeds {limit}")
        return self.take(size).decode("utf-8", "replace")

    def count(self) -> int:
        (count,) = _U32.unpack(self.take(4))
        # One budget for the whole frame: nested lists must not multiply the memory a small frame can claim.
        self.items += count
        if self.items > MAX_ITEMS:
            raise FrameError(f"more than {MAX_ITEMS} items")
        return int(count)

    def value(self, depth: int) -> Value:
        if depth > MAX_DEPTH:
            raise FrameError(f"nested deeper than {MAX_DEPTH}")
        match self.take(1):
            case b"N":
                return None
            case b"T":
                return True
            case b"F":
                return False
            case b"i":
                return self.integer()
            case b"f":
                return float(_F64.unpack(self.take(8))[0])
            case b"s":
                return self.text(self.max_text)
            case b"b":
                return self.take(_U32.unpack(self.take(4))[0])
            case b"t":
                return self.tensor()
            case b"l":
                return [self.value(depth + 1) for _ in range(self.count())]
            case b"d":
                return {self.text(MAX_TEXT): self.value(depth + 1) for _ in range(self.count())}
            case tag:
                raise FrameError(f"unknown tag {tag!r}")

    def integer(self) -> int:
        (size,) = _U16.unpack(self.take(2))
        if size > MAX_INT_BYTES:
            raise FrameError("integer too large")
        return int.from_bytes(self.take(size), "little", signed=True)

    def tensor(self) -> TensorValue:
        code, dims = _TENSOR_HEAD.unpack(self.take(2))
        if code >= len(_DTYPES) or dims > MAX_DIMS:
            raise FrameError("impossible tensor header")
        shape = struct.unpack(f"<{dims}Q", self.take(8 * dims))
        size = math.prod(shape) * ITEM_SIZE[_DTYPES[code]]
        return TensorValue(_DTYPES[code], shape, self.take(size))
