"""Between torch and plain values. Runs in the learner's process: careful for robustness, never for trust."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Mapping

import torch

from sandbox.values import ITEM_SIZE, MAX_DIMS, MAX_ITEMS, MAX_TEXT, TensorValue, Value

MAX_OBSERVED_DEPTH = 4
MAX_TENSOR_BYTES = 4 * 1024 * 1024
"""A larger result is refused before it is copied: an expanded view can claim terabytes."""

_DTYPES: Mapping[str, torch.dtype] = {name: getattr(torch, name) for name in ITEM_SIZE}
_NAMES: Mapping[torch.dtype, str] = {dtype: name for name, dtype in _DTYPES.items()}


class UnobservableError(Exception):
    """The code returned something that has no plain value; the message says what and what to do."""


def to_value(thing: object, depth: int = 0) -> Value:
    """The plain value of ``thing``: tensors by value, numbers, text, None, lists and dicts at most 4 deep.

    Raises :class:`UnobservableError`.
    """
    if depth > MAX_OBSERVED_DEPTH:
        raise UnobservableError(f"it nests deeper than {MAX_OBSERVED_DEPTH}")
    if isinstance(thing, torch.Tensor):
        return tensor_to_value(thing)
    if thing is None or isinstance(thing, bool):
        return thing
    if isinstance(thing, (int, float)):
        return _number(thing)
    if isinstance(thing, str):
        return str.__str__(thing)[: MAX_TEXT // 4]
    if isinstance(thing, (list, tuple)):
        _refuse_long(len(thing))
        return [to_value(item, depth + 1) for item in thing]
    if isinstance(thing, dict):
        _refuse_long(len(thing))
        return {_key(key): to_value(item, depth + 1) for key, item in thing.items()}
    return _foreign(thing, depth)


def _number(thing: float) -> Value:
    if isinstance(thing, int):
        if int.bit_length(thing) > 4000:
            raise UnobservableError("it is an integer of more than 4000 bits")
        return int.__int__(thing)
    return float.__float__(thing)


def _refuse_long(length: int) -> None:
    if length > MAX_ITEMS:
        raise UnobservableError(f"it has more than {MAX_ITEMS} items")


def _key(key: object) -> str:
    if not isinstance(key, (str, int)):
        raise UnobservableError(f"it is a dict with a {type(key).__name__} as key; use text")
    return str(key)[: MAX_TEXT // 4]


def _foreign(thing: object, depth: int) -> Value:
    # numpy's scalars and arrays (and whatever else speaks its protocol) without importing numpy here.
    if type(thing).__module__ == "numpy":
        return to_value(torch.as_tensor(thing) if getattr(thing, "ndim", 0) else thing.item(), depth)  # type: ignore[attr-defined]
    raise UnobservableError(f"it is a {type(thing).__name__}; return tensors, numbers, text, None, or lists of these")


def tensor_to_value(tensor: torch.Tensor) -> TensorValue:
    """A dense tensor by value, C order. Raises :class:`UnobservableError` for what has no dense elements."""
    with torch._C.DisableTorchFunctionSubclass():
        _refuse_exotic(tensor)
        plain = torch.Tensor.as_subclass(tensor, torch.Tensor).detach()
        plain = plain.resolve_conj().resolve_neg().contiguous()
        size = plain.numel() * plain.element_size()
        data = ctypes.string_at(plain.data_ptr(), size) if size else b""
        return TensorValue(_NAMES[plain.dtype], tuple(plain.shape), data)


def _refuse_exotic(tensor: torch.Tensor) -> None:
    if tensor.layout is not torch.strided:
        raise UnobservableError(f"it is a tensor of layout {tensor.layout}; call .to_dense() first")
    if tensor.device.type != "cpu":
        raise UnobservableError(f"it is a tensor on device {tensor.device.type!r}, which holds no values here")
    if tensor.dtype not in _NAMES:
        raise UnobservableError(f"it is a tensor of dtype {tensor.dtype}, which cannot be compared")
    if tensor.dim() > MAX_DIMS:
        raise UnobservableError(f"it is a tensor with {tensor.dim()} dimensions; at most {MAX_DIMS} can be compared")
    size = math.prod(tensor.shape) * tensor.element_size()
    if size > MAX_TENSOR_BYTES:
        raise UnobservableError(f"it is a tensor of shape {list(tensor.shape)}: {size:,} bytes, too large to compare")


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
