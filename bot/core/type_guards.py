"""What kind of thing a value is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeGuard

from sandbox.values import Value


def is_number(value: Value) -> TypeGuard[int | float]:
    """Whether it is a Python number; True and False are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_list(value: Value) -> TypeGuard[Sequence[Value]]:
    """Whether it is a list or a tuple."""
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)
