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
MAX_DIM = 2**63 - 1
"""Torch's own; a dimension can be large without any elements, where another one is 0."""
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
        if len(self.shape) > MAX_DIMS or any(not 0 <= size <= MAX_DIM for size in self.shape):
            raise FrameError(f"impossible shape {self.shape}")
        if len(self.data) != math.prod(self.shape) * ITEM_SIZE[self.dtype]:
            raise FrameError(f"{len(self.data)} bytes do not fill {self.dtype}{list(self.shape)}")


Value: TypeAlias = bool | int | float | str | bytes | TensorValue | Sequence["Value"] | Mapping[str, "Value"] | None

_U32 = struct.Struct("<I")
_U16 = struct.Struct("<H")
_F64 = struct.Struct("<d")
_TENSOR_HEAD = struct.Struct("<BB")


@dataclass(frozen=True, slots=True)
class Bounds:
    """How large a whole frame may be, for writer and reader alike.

    ``bytes`` in all, ``text`` bytes in one string, ``items`` in all lists and dicts together, so that nesting cannot
    multiply the memory a small frame claims, and ``depth`` of nesting.
    """

    bytes: int = MAX_BYTES
    text: int = MAX_TEXT
    items: int = MAX_ITEMS
    depth: int = MAX_DEPTH


CELL = Bounds()


def encode(value: Value, bounds: Bounds = CELL) -> bytes:
    """The byte form of ``value``. Raises :class:`FrameError` for what :func:`decode` would refuse."""
    writer = _Writer(bounds)
    writer.value(value, 0)
    data = b"".join(writer.parts)
    if len(data) > bounds.bytes:
        raise FrameError(f"{len(data)} bytes exceed {bounds.bytes}")
    return data


class _Writer:
    def __init__(self, bounds: Bounds) -> None:
        self.parts: list[bytes] = []
        self.bounds = bounds
        self.items = 0

    def value(self, value: Value, depth: int) -> None:
        if depth > self.bounds.depth:
            raise FrameError(f"nested deeper than {self.bounds.depth}")
        match value:
            case None:
                self.parts.append(b"N")
            case bool():
                self.parts.append(b"T" if value else b"F")
            case int():
                self.integer(value)
            case float():
                self.parts += (b"f", _F64.pack(value))
            case str():
                self.parts.append(b"s")
                self.sized(value.encode("utf-8", "replace"), self.bounds.text)
            case bytes():
                self.parts.append(b"b")
                self.sized(value, self.bounds.bytes)
            case TensorValue():
                self.tensor(value)
            case Mapping():
                self.count(b"d", len(value))
                for key, item in value.items():
                    self.sized(key.encode("utf-8", "replace"), MAX_TEXT)
                    self.value(item, depth + 1)
            case Sequence():
                self.count(b"l", len(value))
                for item in value:
                    self.value(item, depth + 1)
            case _:
                raise FrameError(f"{type(value).__name__} is not a plain value")

    def integer(self, value: int) -> None:
        raw = value.to_bytes((value.bit_length() + 8) // 8, "little", signed=True)
        if len(raw) > MAX_INT_BYTES:
            raise FrameError("integer too large")
        self.parts += (b"i", _U16.pack(len(raw)), raw)

    def tensor(self, value: TensorValue) -> None:
        head = _TENSOR_HEAD.pack(_DTYPE_CODE[value.dtype], len(value.shape))
        self.parts += (b"t", head, struct.pack(f"<{len(value.shape)}Q", *value.shape), value.data)

    def sized(self, raw: bytes, limit: int) -> None:
        if len(raw) > limit:
            raise FrameError(f"{len(raw)} bytes exceed {limit}")
        self.parts += (_U32.pack(len(raw)), raw)

    def count(self, tag: bytes, length: int) -> None:
        self.items += length
        if self.items > self.bounds.items:
            raise FrameError(f"more than {self.bounds.items} items")
        self.parts += (tag, _U32.pack(length))


def decode(data: bytes, bounds: Bounds = CELL) -> Value:
    """The value ``data`` encodes; every length is checked against what is left before anything is built.

    Raises :class:`FrameError`.
    """
    if len(data) > bounds.bytes:
        raise FrameError(f"{len(data)} bytes exceed {bounds.bytes}")
    reader = _Reader(data, bounds)
    value = reader.value(0)
    if reader.position != len(data):
        raise FrameError("bytes after the end of the value")
    return value


class _Reader:
    def __init__(self, data: bytes, bounds: Bounds) -> None:
        self.data = data
        self.position = 0
        self.items = 0
        self.bounds = bounds

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
        self.items += count
        if self.items > self.bounds.items:
            raise FrameError(f"more than {self.bounds.items} items")
        return int(count)

    def value(self, depth: int) -> Value:
        if depth > self.bounds.depth:
            raise FrameError(f"nested deeper than {self.bounds.depth}")
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
                return self.text(self.bounds.text)
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
