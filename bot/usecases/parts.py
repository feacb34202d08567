"""What every use case works with."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeAlias

from bot.core.effects import Effect
from bot.core.keeping import RETENTION
from bot.core.personal import Seeds
from bot.ports import Clock, Judge, Seal
from bot.repositories import Store
from bot.usecases.background import Background, Bell
from bot.usecases.banks import Banks
from bot.usecases.couriers import Courier
from bot.usecases.doubts import Doubts
from bot.usecases.drafts import Drafts
from bot.usecases.rejudgements import Rejudgements
from bot.usecases.runs import Runs
from bot.usecases.turns import Turns
from bot.zones import zone_names

Effects: TypeAlias = AsyncGenerator[Effect, None]


CHECKS_AT_ONCE = 8
"""Uploads checked by a process at a time: each holds a connection to the database."""


@dataclass(frozen=True, slots=True)
class Parts:
    """The world as the use cases see it; ``turns`` keeps one submission from being judged twice at a time.
    ``runs`` is the queue for the judge, ``checks`` has room for uploads that are being checked.

    ``seeds`` decides what is each learner's own, ``seal`` keeps the addresses of replies from whoever reads the
    database. Texts are kept for ``retention``. ``bell`` rings when there may be something in the outbox;
    ``couriers``, by platform, show it. ``doubts`` keeps what cannot be judged from being tried on and on.
    ``unnoted``: slots and revisions of what a platform has taken, and the database has not heard of yet.
    ``clock_bell`` rings when a schedule may be due sooner; ``zone_data`` is the version of the zone database,
    ``zones`` the names in it, by how they are written in small letters.
    ``is_queued``: code that was stored is judged by whichever judge takes its job, not by ``judge``.
    """

    store: Store
    judge: Judge
    clock: Clock
    banks: Banks
    seeds: Seeds
    seal: Seal
    turns: Turns = field(default_factory=Turns)
    runs: Runs = field(default_factory=Runs)
    checks: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(CHECKS_AT_ONCE))
    background: Background = field(default_factory=Background)
    bell: Bell = field(default_factory=Bell)
    couriers: dict[str, Courier] = field(default_factory=dict)
    doubts: Doubts = field(default_factory=Doubts)
    unnoted: set[tuple[str, int]] = field(default_factory=set)
    drafts: Drafts = field(default_factory=Drafts)
    rejudgements: Rejudgements = field(default_factory=Rejudgements)
    retention: timedelta = RETENTION
    zone_data: str = ""
    zones: Mapping[str, str] = field(default_factory=zone_names)
    clock_bell: Bell = field(default_factory=Bell)
    is_queued: bool = False

    def wake(self) -> None:
        """Have the outbox looked at now; to be called when the transaction that wrote to it has ended."""
        self.bell.ring()
