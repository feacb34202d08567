"""What every use case works with."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import TypeAlias

from bot.core.effects import Effect
from bot.core.personal import Seeds
from bot.ports import Clock, Judge
from bot.repositories import Store
from bot.usecases.banks import Banks
from bot.usecases.turns import Turns

Effects: TypeAlias = AsyncGenerator[Effect, None]


@dataclass(frozen=True, slots=True)
class Parts:
    """The world as the use cases see it; ``turns`` keeps one submission from being judged twice at a time.

    ``seeds`` decides what is each learner's own.
    """

    store: Store
    judge: Judge
    clock: Clock
    banks: Banks
    seeds: Seeds
    turns: Turns = field(default_factory=Turns)
