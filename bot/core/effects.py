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
    """Show ``card``. A ``slot`` (see :mod:`bot.core.slots`) names a message: a second card for it edits the first.

    ``working`` marks a card that stands for something still running; what becomes of it may come through the outbox.
    """

    card: Card
    to: To = To.PRIVATE
    slot: str = ""
    working: bool = False


@dataclass(frozen=True, slots=True)
class Refuse:
    """What was sent could not be taken, and nothing was stored.

    A platform that can keep the form it came from open says ``message`` there; any other shows ``card``, which gives
    the text back.
    """

    message: str
    card: Card


@dataclass(frozen=True, slots=True)
class Ask:
    """Open ``form``; must be the first effect of a command."""

    form: Form


Effect: TypeAlias = Show | Ask | Refuse
