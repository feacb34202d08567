"""Slack as the outbox sees it."""

from __future__ import annotations

from bot.core.effects import Show, To
from bot.platforms.layout import Laid
from bot.platforms.slack_chat.faults import GONE, Declined
from bot.platforms.slack_chat.places import InChannel, InView, read, written
from bot.platforms.slack_chat.posting import Poster
from bot.platforms.slack_chat.rendering import laid_out
from bot.ports import Destination, Undeliverable

PLATFORM = "slack"


class SlackMessenger:
    """A :class:`bot.ports.Messenger`: in the modal while it is open, else by direct message."""

    platform = PLATFORM

    def __init__(self, poster: Poster) -> None:
        self._poster = poster

    async def deliver(self, show: Show, to: Destination) -> str:
        """See :class:`bot.ports.Messenger`."""
        laid, place = laid_out(show.card), read(to.address)
        try:
            if isinstance(place, InView) and self._poster.views.takes(place.view, show.slot):
                return written(await self._poster.change_view(place, laid, show.slot, to.learner))
            if isinstance(place, InChannel):
                return written(await self._poster.change(place, laid, show.slot))
        except Declined as refusal:
            if refusal.code not in GONE:
                raise
            if show.to is To.PUBLIC:
                raise Undeliverable("the message was deleted") from refusal
        return written(await self._anew(show, laid, to))

    async def _anew(self, show: Show, laid: Laid, to: Destination) -> InChannel:
        """A new message, unless the one of an attempt before is there already."""
        channel = to.channel if show.to is To.PUBLIC else await self._poster.direct(to.learner)
        below = read(to.below)
        thread = below.ts if isinstance(below, InChannel) else ""
        if to.again and (found := await self._poster.find(channel, show.slot, thread)):
            return await self._poster.change(found, laid, show.slot)
        return await self._poster.post(channel, laid, show.slot, thread)
