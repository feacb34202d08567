"""Effects: what a use case wants done, to whom, and in which message."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TypeAlias

from bot.core.cards import Card, Form


class To(enum.StrEnum):
    """Who sees a card."""

    PUBLIC = "public"
    PRIVATE = "private"


@dataclass(frozen=True, slots=True)
class Show:
    """Show ``card``. A ``slot`` (``"verdict:91"``) names a message: the second card for a slot edits the first.

    ``working`` marks a card that stands for something still running.
    """

    card: Card
    to: To = To.PRIVATE
    slot: str = ""
    working: bool = False


@dataclass(frozen=True, slots=True)
class Ask:
    """Open ``form``; must be the first effect of a command."""

    form: Form


Effect: TypeAlias = Show | Ask
