"""What the outbox shows on Discord: replies are edited, the rest is posted or sent as a direct message."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import discord
import structlog

from bot.core.cards import Card, Note
from bot.core.effects import Show, To
from bot.core.slots import SlotKind, kind_of, number_of
from bot.platforms.buttons import Outdated, decode
from bot.platforms.discord_chat.faults import GONE, translated
from bot.platforms.discord_chat.parsing import PLATFORM
from bot.platforms.discord_chat.rendering import Rendered, render
from bot.ports import Destination, OutcomeUnknown, TryLater, Undeliverable

_log = structlog.get_logger()
_RECENT = 50
_NONCE = 25
_UNSEEN = "nobody can tell whether it is there already, because I may not read the history of the channel"
_IN_THE_SERVER = Note("This is a message from me to you alone: /grad in the server goes on from here.")


class _Original(int):
    """The first response to an interaction: Discord has a name for it where the library wants an id."""

    def __format__(self, _spec: str) -> str:
        return "@original"


class DiscordMessenger:
    """The Discord of :class:`bot.ports.Messenger`, by way of a bot that is logged in."""

    platform = PLATFORM

    def __init__(self, bot: discord.Client) -> None:
        self._bot = bot

    async def deliver(self, show: Show, to: Destination) -> str:
        """Edit what is shown already; else post to the channel what everybody sees, and tell the learner the rest."""
        if self._bot.user is None:
            raise TryLater("Discord has not let us in yet")
        with translated():
            return await self._deliver(show, to)

    async def _deliver(self, show: Show, to: Destination) -> str:
        if to.address and (address := await self._edited(show, to.address)):
            return address
        if show.to is To.PUBLIC:
            return await self._posted(show, to)
        return await self._told(show, _number(to.learner))

    async def _edited(self, show: Show, address: str) -> str:
        """The address again; empty where a reply can no longer be reached."""
        place = json.loads(address)
        if "channel" in place:
            card = show.card if show.to is To.PUBLIC else _without_buttons(show.card)
            message = self._channel(int(place["channel"])).get_partial_message(int(place["message"]))
            rendered = render(card)
            await message.edit(view=rendered.view, attachments=rendered.files)
            return address
        try:
            await self._edit_reply(place, render(show.card, kind_of(show.slot)))
        except discord.HTTPException as error:
            if error.code not in GONE:
                raise
            _log.info("a reply can no longer be edited", slot=show.slot, code=error.code)
            return ""
        return address

    async def _edit_reply(self, place: dict[str, str], rendered: Rendered) -> None:
        hook = discord.Webhook.partial(int(place["application"]), place["token"], client=self._bot)
        message = int(place["message"]) if "message" in place else _Original()
        await hook.edit_message(message, view=rendered.view, attachments=rendered.files)

    async def _posted(self, show: Show, to: Destination) -> str:
        channel = self._channel(_number(to.channel))
        rendered = render(show.card)
        answered = _reference(to.below)
        if to.again and (message := await self._found(show.slot, channel, answered)):
            await message.edit(view=rendered.view, attachments=rendered.files)
            return _address(message)
        told: dict[str, Any] = {"view": rendered.view, "files": rendered.files, "nonce": _nonce(show.slot)}
        if answered is not None:
            told["reference"] = answered
        return _address(await channel.send(**told))

    async def _found(
        self, slot: str, channel: discord.PartialMessageable, answered: discord.MessageReference | None
    ) -> discord.Message | None:
        """The message of ``slot``, if it went out before: a nonce only counts for minutes."""
        is_posting = kind_of(slot) is SlotKind.POSTING
        if not is_posting and answered is None:
            return None
        try:
            async for message in channel.history(limit=_RECENT):
                if message.author != self._bot.user:
                    continue
                if number_of(slot) in _postings(message.components) if is_posting else _answers(message, answered):
                    return message
        except discord.Forbidden as refusal:
            raise OutcomeUnknown(_UNSEEN) from refusal
        return None

    async def _told(self, show: Show, learner_id: int) -> str:
        channel = await self._bot.create_dm(discord.Object(learner_id))
        rendered = render(_without_buttons(show.card))
        return _address(await channel.send(view=rendered.view, files=rendered.files, nonce=_nonce(show.slot)))

    def _channel(self, channel_id: int) -> discord.PartialMessageable:
        return self._bot.get_partial_messageable(channel_id)


def _number(name: str) -> int:
    if not name.isdecimal():
        raise Undeliverable(f"{name!r} is no channel and no person on Discord")
    return int(name)


def _address(message: discord.Message) -> str:
    return json.dumps({"channel": str(message.channel.id), "message": str(message.id)})


def _reference(address: str) -> discord.MessageReference | None:
    """What a message in a channel is answered by; ``None`` for the empty address."""
    place = json.loads(address) if address else {}
    if "channel" not in place:
        return None
    # Whoever deleted what is answered has not asked for silence.
    return discord.MessageReference(
        message_id=int(place["message"]), channel_id=int(place["channel"]), fail_if_not_exists=False
    )


def _answers(message: discord.Message, answered: discord.MessageReference | None) -> bool:
    reference = message.reference
    return reference is not None and answered is not None and reference.message_id == answered.message_id


def _nonce(slot: str) -> str:
    """The same for the same slot: within minutes Discord answers a second message with the first."""
    return hashlib.sha256(slot.encode()).hexdigest()[:_NONCE]


def _without_buttons(card: Card) -> Card:
    """In a direct message nobody can tell which server a button is about."""
    return replace(card, actions=(), blocks=(*card.blocks, _IN_THE_SERVER)) if card.actions else card


def _postings(components: object) -> Iterator[int | None]:
    """Which postings the buttons of a message are about."""
    for component in components if isinstance(components, list) else ():
        yield from _postings(getattr(component, "children", None))
        try:
            yield decode(getattr(component, "custom_id", None) or "").posting
        except Outdated:
            continue
