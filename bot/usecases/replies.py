"""Where replies go: written down before anybody is told, so that they arrive after a restart too."""

from __future__ import annotations

from datetime import datetime

from bot.core.records import Message
from bot.repositories import UnitOfWork
from bot.usecases.parts import Parts
from bot.usecases.visiting import Reply


async def expect(parts: Parts, work: UnitOfWork, slot: str, platform: str, reply: Reply, at: datetime) -> None:
    """Remember that ``slot`` is about to be shown where ``reply`` says."""
    sealed = parts.seal.close(reply.address) if reply.address else ""
    expires_at = at + reply.lasts if reply.lasts is not None else None
    await work.messages.expect(Message(slot, platform, sealed, at, expires_at=expires_at))


def address_of(parts: Parts, message: Message | None, at: datetime) -> str:
    """Where the message is, in the platform's own text; empty when it is nowhere, or can be reached no more."""
    if message is None or (message.expires_at is not None and message.expires_at <= at):
        return ""
    return parts.seal.open(message.address) if message.address else ""
