"""Where the answers to one interaction go: its first response, edits of it, and follow-ups; all private."""

from __future__ import annotations

import json
from typing import Any

import discord

from bot.core.cards import Card, Form
from bot.core.effects import Refuse, Show
from bot.core.slots import SlotKind, kind_of
from bot.platforms.discord_chat.faults import UNKNOWN_MESSAGE, unless_gone
from bot.platforms.discord_chat.forms import modal
from bot.platforms.discord_chat.rendering import REPLACEABLE, Rendered, render

_ORIGINAL = 0
_KINDS = {"answer": SlotKind.VERDICT, "try": SlotKind.TRY, "upload": SlotKind.UPLOAD}
"""What the replies to a verb are about."""


class InteractionSurface:
    """Answers one interaction. What everybody sees comes through the outbox, so all of this is ephemeral.

    ``verb`` is what was said or pressed, where that is known.
    """

    def __init__(self, interaction: discord.Interaction[Any], verb: str = "") -> None:
        self._interaction = interaction
        self._kind = _KINDS.get(verb)
        self._waits = False  # the response is "thinking…", and nothing has taken its place
        self._in_place = False
        self._places: dict[str, int] = {}

    async def defer(self) -> None:
        """Acknowledge now, answer later."""
        with unless_gone("deferring"):
            await self._interaction.response.defer(ephemeral=True, thinking=True)
            self._waits = True

    async def defer_in_place(self) -> None:
        """Acknowledge a press that decides about the very message it is on: what is shown for a slot goes there."""
        message = self._interaction.message
        if message is None or not message.flags.ephemeral:
            await self.defer()
            return
        with unless_gone("deferring"):
            await self._interaction.response.defer()
            self._in_place = True

    async def finish(self) -> None:
        """Take "thinking…" away if nothing was shown."""
        if self._waits:
            with unless_gone("ending"):
                await self._interaction.delete_original_response()

    async def ask(self, form: Form) -> None:
        """Open a form; only possible as the first response."""
        with unless_gone("opening a form"):
            await self._interaction.response.send_modal(modal(form))

    async def refuse(self, refusal: Refuse) -> None:
        """Discord closes a form when it is sent, so the card gives the text back."""
        await self._show(refusal.card, self._kind)

    async def show(self, show: Show) -> str:
        """Show a card; the second one for a slot edits the first. The address, unless it is where replies go."""
        known = self._places.get(show.slot, _ORIGINAL if self._in_place and show.slot else None)
        place = await self._show(show.card, kind_of(show.slot), known)
        if show.slot:
            self._places[show.slot] = place
        if place == _ORIGINAL:
            return ""
        interaction = self._interaction
        address = {"application": str(interaction.application_id), "token": interaction.token, "message": str(place)}
        return json.dumps(address)

    async def _show(self, card: Card, kind: SlotKind | None, place: int | None = None) -> int:
        with unless_gone("showing a card"):
            if place is None and not self._interaction.response.is_done():
                await self._respond(card, kind)
            else:
                return await self._add(render(card, kind), place)
        return _ORIGINAL if place is None else place

    async def _add(self, rendered: Rendered, place: int | None) -> int:
        interaction = self._interaction
        if place == _ORIGINAL or self._waits:
            self._waits = False
            await interaction.edit_original_response(view=rendered.view, attachments=rendered.files)
            return _ORIGINAL
        if place is not None:
            await interaction.followup.edit_message(place, view=rendered.view, attachments=rendered.files)
            return place
        sent = await interaction.followup.send(view=rendered.view, files=rendered.files, ephemeral=True, wait=True)
        return sent.id

    async def _respond(self, card: Card, kind: SlotKind | None) -> None:
        if await self._replaced(card, kind):
            return
        rendered = render(card, kind)
        await self._interaction.response.send_message(view=rendered.view, files=rendered.files, ephemeral=True)

    async def _replaced(self, card: Card, kind: SlotKind | None) -> bool:
        """Put it in the place of the reply that is being retried, if there is one and nobody has dismissed it."""
        if not _answers_a_retry(self._interaction, kind):
            return False
        rendered = render(card, kind)
        try:
            await self._interaction.response.edit_message(view=rendered.view, attachments=rendered.files)
        except discord.NotFound as error:
            if error.code != UNKNOWN_MESSAGE:
                raise
            return False
        return True


def _answers_a_retry(interaction: discord.Interaction[Any], kind: SlotKind | None) -> bool:
    """Whether this is a form opened from an earlier reply of the same ``kind``, which the new one replaces."""
    message = interaction.message
    if interaction.type is not discord.InteractionType.modal_submit or message is None or kind not in REPLACEABLE:
        return False
    ids = (getattr(component, "id", None) for component in message.components)
    return message.flags.ephemeral and REPLACEABLE[kind] in ids
