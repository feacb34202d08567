"""Between torch and plain values. Runs in the learner's process: careful for robustness, never for trust."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Iterable, Mapping

import torch

from sandbox.cell.failing import name_of
from sandbox.values import ITEM_SIZE, MAX_BYTES, MAX_DIMS, MAX_ITEMS, MAX_TEXT, TensorValue, Value

MAX_OBSERVED_DEPTH = 4
MAX_TENSOR_BYTES = 4 * 1024 * 1024
"""A larger result is refused before it is copied: an expanded view can claim terabytes."""

_DTYPES: Mapping[str, torch.dtype] = {name: getattr(torch, name) for name in ITEM_SIZE}
_NAMES: Mapping[torch.dtype, str] = {dtype: name for name, dtype in _DTYPES.items()}


class UnobservableError(Exception):
    """The code returned something that has no plain value; the message says what and what to do."""


class _Room:
    """What a whole observation may still hold: items of lists and dicts, bytes of tensors.

    Counted over all of it, because one large thing can be named many times at no cost.
    """

    def __init__(self) -> None:
        self.items = MAX_ITEMS
        self.bytes = MAX_BYTES

    def take_items(self, count: int) -> None:
        self.items -= count
        if self.items < 0:
            raise UnobservableError(f"it has more than {MAX_ITEMS} items")

    def take_tensor(self, tensor: torch.Tensor) -> TensorValue:
        value = tensor_to_value(tensor)
        self.bytes -= len(value.data)
        if self.bytes < 0:
            raise UnobservableError(f"its tensors are more than {MAX_BYTES:,} bytes together")
        return value


def to_value(thing: object, depth: int = 0, room: _Room | None = None) -> Value:
    """The plain value of ``thing``: tensors by value, numbers, text, None, lists and dicts at most 4 deep.

    Raises :class:`UnobservableError`.
    """
    room = room or _Room()
    if depth > MAX_OBSERVED_DEPTH:
        raise UnobservableError(f"it nests deeper than {MAX_OBSERVED_DEPTH}")
    if isinstance(thing, torch.Tensor):
        return room.take_tensor(thing)
    if thing is None or isinstance(thing, bool):
        return thing
    if isinstance(thing, (int, float)):
        return _number(thing)
    if isinstance(thing, str):
        return str.__str__(thing)[: MAX_TEXT // 4]
    if isinstance(thing, (list, tuple)):
        return [to_value(item, depth + 1, room) for item in _items(thing, room)]
    if isinstance(thing, dict):
        room.take_items(dict.__len__(thing))
        return {_key(key): to_value(item, depth + 1, room) for key, item in dict.items(thing)}
    return _foreign(thing, depth, room)


def _items(thing: list[object] | tuple[object, ...], room: _Room) -> Iterable[object]:
    # By the base's own methods: a subclass may say otherwise, and never come to an end.
    if isinstance(thing, list):
        room.take_items(list.__len__(thing))
        return list.__iter__(thing)
    room.take_items(tuple.__len__(thing))
    return tuple.__iter__(thing)


def _number(thing: float) -> Value:
    if isinstance(thing, int):
        if int.bit_length(thing) > 4000:
            raise UnobservableError("it is an integer of more than 4000 bits")
        return int.__int__(thing)
    return float.__float__(thing)


def _key(key: object) -> str:
    if not isinstance(key, (str, int)):
        raise UnobservableError(f"it is a dict with a {name_of(key)} as key; use text")
    text = str.__str__(key) if isinstance(key, str) else str(key if isinstance(key, bool) else int.__int__(key))
    return text[: MAX_TEXT // 4]


def _foreign(thing: object, depth: int, room: _Room) -> Value:
    # numpy's scalars and arrays (and whatever else speaks its protocol) without importing numpy here.
    if type(thing).__module__ == "numpy":
        plain = torch.as_tensor(thing) if getattr(thing, "ndim", 0) else thing.item()  # type: ignore[attr-defined]
        # One deeper: what only calls itself numpy's may give another of its kind, without end.
        return to_value(plain, depth + 1, room)
    raise UnobservableError(f"it is a {name_of(thing)}; return tensors, numbers, text, None, or lists of these")


def tensor_to_value(tensor: torch.Tensor) -> TensorValue:
    """A dense tensor by value, C order. Raises :class:`UnobservableError` for what has no dense elements."""
    # Without what a subclass overrides: its methods and properties, its handlers of functions and of operators.
    with torch._C.DisableTorchFunctionSubclass(), torch._C._DisableTorchDispatch():
        _refuse_layout(torch._C.TensorBase.layout.__get__(tensor))
        plain = torch.Tensor.as_subclass(tensor, torch.Tensor)
        _refuse_exotic(plain)
        plain = torch.zeros(plain.shape, dtype=plain.dtype) if plain._is_zerotensor() else plain.detach()
        _refuse_short(plain)
        plain = plain.resolve_conj().resolve_neg().contiguous()
        size = plain.numel() * plain.element_size()
        data = ctypes.string_at(plain.data_ptr(), size) if size else b""
        return TensorValue(_NAMES[plain.dtype], tuple(plain.shape), data)


def _refuse_layout(layout: torch.layout) -> None:
    # First of all: a jagged tensor crashes torch when its own operators are switched off.
    if layout is not torch.strided:
        raise UnobservableError(f"it is a tensor of layout {layout}; call .to_dense() first")


def _refuse_exotic(tensor: torch.Tensor) -> None:
    if tensor.is_nested:
        raise UnobservableError("it is a nested tensor, which has no one shape; call .to_padded_tensor(0.0) first")
    if tensor.device.type != "cpu":
        raise UnobservableError(f"it is a tensor on device {tensor.device.type!r}, which holds no values here")
    if tensor.dtype not in _NAMES:
        raise UnobservableError(f"it is a tensor of dtype {tensor.dtype}, which cannot be compared")
    if tensor.dim() > MAX_DIMS:
        raise UnobservableError(f"it is a tensor with {tensor.dim()} dimensions; at most {MAX_DIMS} can be compared")
    size = math.prod(tensor.shape) * tensor.element_size()
    if size > MAX_TENSOR_BYTES:
        raise UnobservableError(f"it is a tensor of shape {list(tensor.shape)}: {size:,} bytes, too large to compare")


def _refuse_short(tensor: torch.Tensor) -> None:
    # What lies beyond its memory is not this tensor's: reading on would end the process, or show what was there before.
    if not tensor.numel():
        return
    first = tensor.storage_offset()
    last = first + sum((size - 1) * stride for size, stride in zip(tensor.shape, tensor.stride(), strict=True))
    held = tensor.untyped_storage().nbytes() // tensor.element_size() if tensor.data_ptr() else 0
    if first < 0 or min(tensor.stride(), default=0) < 0 or last >= held:
        raise UnobservableError(f"it is a tensor of shape {list(tensor.shape)} whose memory is gone or too small")


def from_value(value: Value, *, double: bool = False) -> object:
    """A fresh object for a plain value; with ``double`` every float32 tensor becomes float64."""
    if isinstance(value, TensorValue):
        return _tensor(value, double)
    if isinstance(value, Mapping):
        return {key: from_value(item, double=double) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [from_value(item, double=double) for item in value]
    return value


def _tensor(value: TensorValue, double: bool) -> torch.Tensor:
    dtype = _DTYPES[value.dtype]
    if not value.data:
        tensor = torch.empty(value.shape, dtype=dtype)
    else:
        # A copy of its own, so that writing into an input never reaches the bytes of the next trial.
        tensor = torch.frombuffer(bytearray(value.data), dtype=dtype).reshape(value.shape)
    return tensor.double() if double and dtype is torch.float32 else tensor
