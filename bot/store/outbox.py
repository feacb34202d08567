"""What is still to be shown.

While a line is leased, ``due_at`` is when the lease ends or, if that is sooner, when what has come since then is due.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from random import SystemRandom
from typing import Any

from sqlalchemy import Integer, Update, and_, bindparam, case, delete, exists, func, not_, or_, select, update

from bot.core.records import Delivery, Learner
from bot.messaging import ACK_GRACE
from bot.store.connection import Connected
from bot.store.engine import Columns, insert_or_change
from bot.store.rows import delivery_in
from bot.store.tables import message, outbox

_random = SystemRandom()
_FIRST_REVISIONS = 2**30

_AGE = (outbox.c.due_at, func.length(outbox.c.slot), outbox.c.slot)
"""Oldest first; of two verdicts due at once, the one with the smaller number."""

_HERE = and_(outbox.c.platform == bindparam("here"), not_(outbox.c.kept))
_UNACKNOWLEDGED = and_(message.c.slot == outbox.c.slot, message.c.shown_at.is_(None))
_DUE = (
    select(outbox)
    .where(
        _HERE,
        outbox.c.due_at <= bindparam("now"),
        or_(outbox.c.leased_until.is_(None), outbox.c.leased_until <= bindparam("now")),
        not_(exists().where(_UNACKNOWLEDGED, message.c.expected_at > bindparam("given_up"))),
    )
    .order_by(*_AGE)
    .limit(bindparam("most", type_=Integer))
    # A line another process is about to claim is passed over. On SQLite transactions take turns anyway.
    .with_for_update(skip_locked=True)
)
_DUE_IN_SLOT = _DUE.where(outbox.c.slot == bindparam("of_slot"))
_CLAIM = (
    update(outbox)
    .where(outbox.c.slot.in_(bindparam("slots", expanding=True)))
    .values(attempts=outbox.c.attempts + 1, leased_until=bindparam("until"), due_at=bindparam("until"))
)
_DONE = delete(outbox).where(outbox.c.slot == bindparam("of_slot"), outbox.c.revision == bindparam("claimed"))
_AGAIN = (
    update(outbox)
    .where(outbox.c.slot == bindparam("of_slot"), not_(outbox.c.kept))
    .values(
        revision=outbox.c.revision + 1,
        due_at=case((outbox.c.due_at > bindparam("now"), bindparam("now")), else_=outbox.c.due_at),
    )
)
_WAITS = select(outbox.c.slot).where(outbox.c.slot == bindparam("of_slot"))
_HOLD = _WAITS.with_for_update()
_LINES = (
    select(outbox.c.due_at, outbox.c.leased_until, message.c.expected_at)
    .select_from(outbox.outerjoin(message, _UNACKNOWLEDGED))
    .where(_HERE)
    .order_by(outbox.c.due_at)
)
_IS_HELD = or_(outbox.c.leased_until.is_not(None), message.c.expected_at.is_not(None))
_HELD, _FREE = _LINES.where(_IS_HELD), _LINES.where(not_(_IS_HELD)).limit(1)


class SqlOutbox:
    """See :class:`bot.repositories.Outbox`."""

    def __init__(self, connection: Connected) -> None:
        self._connection = connection

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
        line = {
            "slot": slot,
            "platform": platform,
            "learner_id": learner_id,
            "due_at": due,
            "attempts": 0,
            # Whoever still holds a line of this slot that is gone since must not take this one for theirs.
            "revision": _random.randrange(_FIRST_REVISIONS),
            "kept": shelved,
            "detail": detail,
        }
        await insert_or_change(self._connection, outbox, line, _newer)

    async def again(self, slot: str, due: datetime) -> bool:
        """Have what is to be shown in the slot, or just being shown, shown from ``due`` on; whether there is such."""
        return bool((await self._connection.execute(_AGAIN, {"of_slot": slot, "now": due})).rowcount)

    async def waits(self, slot: str) -> bool:
        """Whether there is a line for the slot."""
        return await self._connection.scalar(_WAITS, {"of_slot": slot}) is not None

    async def hold(self, slot: str) -> bool:
        """Whether there is a line for the slot, which nobody else changes then until the transaction ends."""
        return await self._connection.scalar(_HOLD, {"of_slot": slot}) is not None

    async def claim(
        self, platform: str, at: datetime, until: datetime, count: int, slot: str = ""
    ) -> tuple[Delivery, ...]:
        """Up to ``count`` lines that are due at ``at``, the longest due first, ours alone until ``until``.

        With ``slot`` only that one. Left out are those whose message the platform has not taken yet, unless it was
        expected :data:`bot.messaging.ACK_GRACE` ago or earlier: whoever should have told us is gone then.
        """
        asked = {"here": platform, "now": at, "given_up": at - ACK_GRACE, "most": count}
        due = _DUE_IN_SLOT if slot else _DUE
        lines = (await self._connection.execute(due, {**asked, "of_slot": slot} if slot else asked)).mappings().all()
        if not lines:
            # Whoever has nothing to do asks often: without a write there is nothing to sync to disk.
            return ()
        slots = [line[outbox.c.slot] for line in lines]
        await self._connection.execute(_CLAIM, {"slots": slots, "until": until})
        return tuple(
            replace(delivery_in(line), attempts=line[outbox.c.attempts] + 1, leased_until=until) for line in lines
        )

    async def done(self, delivery: Delivery) -> bool:
        """It was shown: the line goes, unless something newer has come since it was claimed, which is then due.

        Whether nothing of its slot is to be shown any more.
        """
        shown = {"of_slot": delivery.slot, "claimed": delivery.revision}
        if (await self._connection.execute(_DONE, shown)).rowcount:
            return True
        await self._connection.execute(_release(delivery).values(attempts=0))
        return not await self.waits(delivery.slot)

    async def later(self, delivery: Delivery, due: datetime) -> None:
        """It was not shown, and is to be tried again from ``due`` on."""
        await self._connection.execute(_release(delivery).values(due_at=due))

    async def shelve(self, delivery: Delivery) -> None:
        """It cannot be shown: it waits until its learner is seen again.

        Something newer that has come since it was claimed is tried all the same.
        """
        # What is kept has no attempt, so that done() with it never releases the lease of something newer.
        await self._connection.execute(
            _release(delivery).values(attempts=0, kept=outbox.c.revision == delivery.revision)
        )

    async def shelved(self, learner: Learner) -> tuple[Delivery, ...]:
        """What waits for this learner, oldest first."""
        query = select(outbox).where(outbox.c.learner_id == learner.id, outbox.c.kept).order_by(*_AGE)
        return tuple(delivery_in(row) for row in (await self._connection.execute(query)).mappings())

    async def next_due(self, platform: str) -> datetime | None:
        """When the next line may be claimed; ``None`` while there is none that is not kept."""
        # Only few are in somebody's hands at a time; of the others, of which there may be thousands, one will do.
        held = (await self._connection.execute(_HELD, {"here": platform})).all()
        free = (await self._connection.execute(_FREE, {"here": platform})).all()
        return min((_claimable_at(*line) for line in (*held, *free)), default=None)


def _newer(new: Columns) -> dict[str, Any]:
    old = outbox.c
    return {
        "learner_id": new.learner_id,
        "due_at": case((or_(old.kept, new.due_at < old.due_at), new.due_at), else_=old.due_at),
        "revision": old.revision + 1,
        "kept": new.kept,
        "detail": new.detail,
    }


def _claimable_at(due: datetime, leased_until: datetime | None, expected: datetime | None) -> datetime:
    return max(due, leased_until or due, expected + ACK_GRACE if expected else due)


def _release(delivery: Delivery) -> Update:
    # The attempt tells whether the lease is still this delivery's: it may have run out, and the line be another's now.
    ours = and_(outbox.c.slot == delivery.slot, outbox.c.attempts == delivery.attempts)
    return update(outbox).where(ours).values(leased_until=None)
