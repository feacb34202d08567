"""What the outbox shows on Discord: replies are edited, the rest is posted or sent as a direct message."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace

import discord
import structlog

from bot.core.cards import Card, Note
from bot.core.effects import Show, To
from bot.core.slots import SlotKind, kind_of, number_of
from bot.platforms.buttons import Outdated, decode
from bot.platforms.discord_chat.faults import GONE, translated
from bot.platforms.discord_chat.parsing import PLATFORM
from bot.platforms.discord_chat.rendering import Rendered, render
from bot.ports import Destination, TryLater, Undeliverable

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
            return await self._posted(show, _number(to.channel), again=to.again)
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

    async def _posted(self, show: Show, channel_id: int, *, again: bool) -> str:
        channel = self._channel(channel_id)
        rendered = render(show.card)
        if again and (message := await self._found(show.slot, channel)):
            await message.edit(view=rendered.view, attachments=rendered.files)
        else:
            message = await channel.send(view=rendered.view, files=rendered.files, nonce=_nonce(show.slot))
        return _address(message)

    async def _found(self, slot: str, channel: discord.PartialMessageable) -> discord.Message | None:
        """The posting of ``slot``, if it went out before: a nonce only counts for minutes."""
        if kind_of(slot) is not SlotKind.POSTING:
            return None
        try:
            async for message in channel.history(limit=_RECENT):
                if message.author == self._bot.user and number_of(slot) in _postings(message.components):
                    return message
        except discord.Forbidden as refusal:
            raise Undeliverable(_UNSEEN) from refusal
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
