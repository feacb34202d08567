"""What ``chainrule doctor`` found: one line for each thing the product leans on."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class State(enum.StrEnum):
    """Whether a thing is there; only :attr:`MISSING` keeps the product from working."""

    OK = "ok"
    WARNING = "warning"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Finding:
    """``name`` of the thing, what was ``found``, and, unless it is fine, what to do about it."""

    name: str
    state: State
    found: str
    advice: str = ""
