"""Which message each slot is."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, select

from bot.core.records import Message
from bot.store.connection import Connected
from bot.store.engine import Columns, insert_or_change
from bot.store.rows import message_in
from bot.store.tables import message

_FIND = select(message).where(message.c.slot == bindparam("of_slot"))
_HELD = select(message.c.slot).where(message.c.slot == bindparam("of_slot")).with_for_update()
_FORGET = delete(message).where(message.c.slot == bindparam("of_slot"))
_NOT_SHOWN = message.c.shown_at.is_(None)


class SqlMessages:
    """See :class:`bot.repositories.Messages`."""

    def __init__(self, connection: Connected) -> None:
        self._connection = connection

    async def expect(self, message: Message) -> None:
        """Remember where a message is about to be shown; one that is shown already stays as it is."""
        await self._expect(message)

    async def _expect(self, expected: Message) -> None:
        await insert_or_change(
            self._connection,
            message,
            asdict(expected),
            _anew,
            where=_NOT_SHOWN,
        )

    async def shown(self, slot: str, platform: str, address: str, at: datetime) -> None:
        """The platform has taken it; it is at ``address``, or where it was expected if that is empty.

        An ``address`` given here does not expire, as far as anybody knows.
        """
        await insert_or_change(
            self._connection,
            message,
            asdict(Message(slot, platform, address, expected_at=at, shown_at=at)),
            _moved if address else _taken,
        )

    async def find(self, slot: str) -> Message | None:
        """The message of a slot."""
        row = (await self._connection.execute(_FIND, {"of_slot": slot})).mappings().one_or_none()
        return None if row is None else message_in(row)

    async def hold(self, slot: str) -> bool:
        """Whether the slot has a message, which nobody else changes then until the transaction ends."""
        return (await self._connection.execute(_HELD, {"of_slot": slot})).first() is not None

    async def forget(self, slot: str) -> None:
        """Nothing more will be shown there."""
        await self._connection.execute(_FORGET, {"of_slot": slot})


def _anew(new: Columns) -> dict[str, Any]:
    return {column.name: new[column.name] for column in message.c if not column.primary_key}


def _taken(new: Columns) -> dict[str, Any]:
    return {"shown_at": new["shown_at"]}


def _moved(new: Columns) -> dict[str, Any]:
    return {name: new[name] for name in ("shown_at", "address", "expires_at")}
