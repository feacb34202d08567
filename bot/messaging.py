"""Messages and the outbox as the use cases see them; see :mod:`bot.repositories`."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol

from bot.core.records import Delivery, Learner, Message

ACK_GRACE = timedelta(seconds=5)
"""How long after it was expected a message counts as taken, even if nobody told us so."""


class Messages(Protocol):
    """Which message each slot is."""

    async def expect(self, message: Message) -> None:
        """Remember where a message is about to be shown; one that is shown already stays as it is."""

    async def shown(self, slot: str, platform: str, address: str, at: datetime) -> None:
        """The platform has taken it; it is at ``address``, or where it was expected if that is empty.

        An ``address`` given here does not expire, as far as anybody knows.
        """

    async def find(self, slot: str) -> Message | None:
        """The message of a slot."""

    async def hold(self, slot: str) -> bool:
        """Whether the slot has a message, which nobody else changes then until the transaction ends."""

    async def forget(self, slot: str) -> None:
        """Nothing more will be shown there."""


class Outbox(Protocol):
    """What is still to be shown: one line a slot, the newest."""

    async def put(
        self,
        slot: str,
        platform: str,
        learner_id: int | None,
        due: datetime,
        detail: str = "",
        *,
        shelved: bool = False,
    ) -> None:
        """Have the slot shown anew from ``due`` on; of two times the earlier, else what was said last counts.

        ``shelved``: not before it is put again.
        """

    async def again(self, slot: str, due: datetime) -> bool:
        """Have what is to be shown in the slot, or just being shown, shown from ``due`` on; whether there is such."""

    async def waits(self, slot: str) -> bool:
        """Whether there is a line for the slot."""

    async def hold(self, slot: str) -> bool:
        """Whether there is a line for the slot, which nobody else changes then until the transaction ends."""

    async def claim(
        self, platform: str, at: datetime, until: datetime, count: int, slot: str = ""
    ) -> tuple[Delivery, ...]:
        """Up to ``count`` lines that are due at ``at``, the longest due first, ours alone until ``until``.

        With ``slot`` only that one. Left out are those whose message the platform has not taken yet, unless it was
        expected :data:`ACK_GRACE` ago or earlier: whoever should have told us is gone then.
        """

    async def done(self, delivery: Delivery) -> bool:
        """It was shown: the line goes, unless something newer has come since it was claimed, which is then due.

        Whether nothing of its slot is to be shown any more.
        """

    async def later(self, delivery: Delivery, due: datetime) -> None:
        """It was not shown, and is to be tried again from ``due`` on."""

    async def shelve(self, delivery: Delivery) -> None:
        """It cannot be shown: it waits until its learner is seen again.

        Something newer that has come since it was claimed is tried all the same.
        """

    async def shelved(self, learner: Learner) -> tuple[Delivery, ...]:
        """What waits for this learner, oldest first."""

    async def next_due(self, platform: str) -> datetime | None:
        """When the next line may be claimed; ``None`` while there is none that is not kept."""
