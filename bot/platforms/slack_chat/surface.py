"""Where the answers to one event go: a message beside it, or the modal it came from."""

from __future__ import annotations

import asyncio

import structlog

from bot.core.cards import Card, Form, Plain, Tone
from bot.core.effects import Refuse, Show
from bot.core.slots import KEPT, kind_of
from bot.platforms.layout import Laid
from bot.platforms.slack_chat.faults import GONE, Declined, calling
from bot.platforms.slack_chat.forms import FIELD, card_view, form_view, loading_view
from bot.platforms.slack_chat.parsing import Origin
from bot.platforms.slack_chat.places import InChannel, InView, Place, written
from bot.platforms.slack_chat.posting import Poster
from bot.platforms.slack_chat.rendering import laid_out
from bot.platforms.slack_chat.rich_text import Json
from bot.platforms.visible import visible
from bot.ports import TryLater, Undeliverable

LOADING_SECONDS = 1.0
"""A trigger opens a modal for three seconds; a form that takes longer than this finds one opened for it."""
_LATE = "That took too long on our side. Your text is still here: press Submit again."
_MESSAGE = 1_000
_NO_FORM = "Slack gives us three seconds to open a form, and did not take this one. Press the button again."
_log = structlog.get_logger()


class _Surface:
    """What all surfaces share: slots shown before, direct messages. What is public comes through the outbox."""

    def __init__(self, poster: Poster, origin: Origin) -> None:
        self._poster = poster
        self._origin = origin
        self._places: dict[str, Place] = {}

    async def show(self, show: Show) -> str:
        """See :class:`bot.platforms.conversation.Surface`."""
        laid = laid_out(show.card)
        place = self._places.get(show.slot) if show.slot else None
        if place is not None:
            place = await self._changed(place, laid, show.slot)
        if place is None:
            place = await self._show_private(show, laid)
        if place is None:
            return ""
        self._places[show.slot] = place
        return written(place)

    async def refuse(self, refusal: Refuse) -> None:
        """See :class:`bot.platforms.conversation.Surface`."""
        await self.show(Show(refusal.card))

    async def _show_private(self, show: Show, laid: Laid) -> Place | None:
        return await self._direct(laid, show.slot)

    async def _direct(self, laid: Laid, slot: str) -> InChannel:
        return await self._poster.post(await self._poster.direct(self._origin.user), laid, slot)

    async def _changed(self, place: Place, laid: Laid, slot: str) -> Place | None:
        """Edit what is at ``place``; ``None`` where it is no longer there."""
        try:
            if isinstance(place, InView):
                return await self._poster.change_view(place, laid, slot, self._origin.user)
            return await self._poster.change(place, laid, slot)
        except Declined as refusal:
            if refusal.code in GONE:
                return None
            raise

    async def _fill(self, place: InView, view: Json) -> None:
        """Make an open modal a form; whoever has closed it meanwhile does not want one."""
        self._poster.views.holds(place.view, "")
        try:
            with calling():
                await self._poster.client.views_update(view_id=place.view, view=view)
        except Declined as refusal:
            if refusal.code not in GONE:
                raise


class MessageSurface(_Surface):
    """Answers to a slash command, or to a button of a message."""

    def __init__(self, poster: Poster, origin: Origin) -> None:
        super().__init__(poster, origin)
        self._opening = asyncio.Lock()
        self._view: InView | None = None
        self._is_answered = False
        if origin.slot and origin.ts and origin.channel.startswith("D"):
            self._places[origin.slot] = InChannel(origin.channel, origin.ts)

    async def ask(self, form: Form) -> None:
        """Open the form, in the modal that was opened for it if it took a while."""
        view, attachments = form_view(form, self._origin.channel)
        async with self._opening:
            self._is_answered = True
            if self._view is not None:
                await self._fill(self._view, view)
                await self._poster.attach_for(self._origin.user, attachments)
                return
            opened = await self._open(view)
        if not opened:
            await self.show(Show(Card("The form did not open", (Plain(_NO_FORM),), Tone.WARNING)))
            return
        await self._poster.attach_for(self._origin.user, attachments)

    async def open_if_slow(self) -> None:
        """Open a modal for a form that takes a while; cancel this as soon as there is something to show."""
        await asyncio.sleep(LOADING_SECONDS)
        async with self._opening:
            if not self._is_answered:
                await self._open(loading_view(self._origin.channel))

    async def _open(self, view: Json) -> bool:
        try:
            with calling():
                opened = await self._poster.client.views_open(trigger_id=self._origin.trigger, view=view)
        except (Declined, TryLater) as fault:
            _log.warning("a form did not open", reason=str(fault))
            return False
        self._view = InView(str(opened["view"]["id"]), self._origin.channel)
        self._poster.views.holds(self._view.view, "")
        return True

    async def _show_private(self, show: Show, laid: Laid) -> Place | None:
        async with self._opening:
            self._is_answered = True
            if self._view is not None and (changed := await self._changed(self._view, laid, show.slot)):
                return changed
        if show.working:
            return await self._direct(laid, show.slot)
        if not await self._beside(laid, show.slot):
            return await self._direct(laid, show.slot)
        await self._poster.attach_for(self._origin.user, laid.attachments)
        return None

    async def _beside(self, laid: Laid, slot: str) -> bool:
        """Show it to the caller alone where they are; whether Slack took it."""
        replace = bool(slot) and slot == self._origin.slot and not self._origin.ts
        try:
            if self._origin.response_url and await self._poster.respond(
                self._origin.response_url, laid, slot, replace=replace
            ):
                return True
            await self._poster.whisper(self._origin.channel, self._origin.user, laid, slot)
        except (Declined, Undeliverable, TryLater):
            return False
        return True


class ViewSurface(_Surface):
    """Answers to a button in a modal: in the modal, or in one above it where it shows a verdict."""

    def __init__(self, poster: Poster, origin: Origin) -> None:
        super().__init__(poster, origin)
        self._here = InView(origin.view, origin.channel)
        if origin.slot:
            self._places[origin.slot] = self._here

    async def ask(self, form: Form) -> None:
        """Turn the modal into the form."""
        if self._origin.slot:  # which another process may have shown
            self._poster.views.leaves(self._here.view, self._origin.slot)
        view, attachments = form_view(form, self._origin.channel)
        await self._fill(self._here, view)
        await self._poster.attach_for(self._origin.user, attachments)

    async def _show_private(self, show: Show, laid: Laid) -> Place | None:
        if kind_of(self._origin.slot) in KEPT:
            return await self._above(show, laid)
        return await self._changed(self._here, laid, show.slot) or await self._direct(laid, show.slot)

    async def _above(self, show: Show, laid: Laid) -> Place:
        view = card_view(laid, show.slot, self._origin.channel)
        try:
            with calling():
                pushed = await self._poster.client.views_push(trigger_id=self._origin.trigger, view=view)
        except Declined:  # too late for the trigger, or too many modals above each other
            return await self._direct(laid, show.slot)
        place = InView(str(pushed["view"]["id"]), self._origin.channel)
        self._poster.views.holds(place.view, show.slot)
        return await self._poster.with_files_for(self._origin.user, place, laid.attachments)


class SubmissionSurface(_Surface):
    """Answers to a form: the first one is the acknowledgement, and says what becomes of the modal."""

    def __init__(self, poster: Poster, origin: Origin, sent: asyncio.Event | None) -> None:
        super().__init__(poster, origin)
        self._sent = sent
        self._here = InView(origin.view, origin.channel)
        self._answer: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self._is_late = False

    async def answer(self, seconds: float) -> Json:
        """What to acknowledge with; after ``seconds`` without an answer the form is kept as it is."""
        try:
            return await asyncio.wait_for(asyncio.shield(self._answer), seconds)
        except TimeoutError:
            if not self._answer.done():
                self._is_late = True
                self._answer.set_result(errors(FIELD, _LATE))
            return self._answer.result()

    def end(self) -> None:
        """Nothing more will come: a form that nobody answered closes."""
        if not self._answer.done():
            self._answer.set_result({})

    async def ask(self, form: Form) -> None:
        """Keep asking in the same modal."""
        view, attachments = form_view(form, self._origin.channel)
        if not await self._answered({"response_action": "update", "view": view}):
            await self._fill(self._here, view)
        await self._poster.attach_for(self._origin.user, attachments)

    async def refuse(self, refusal: Refuse) -> None:
        """Keep the form open, with its text, and say why."""
        # After a late answer the form is open with its text, and may be in use: it says to submit it again.
        if not await self.keep_open(FIELD, refusal.message) and not self._is_late:
            await super().refuse(refusal)

    async def keep_open(self, block: str, message: str) -> bool:
        """Say at a field of the form why it was not taken; whether nothing else was said before."""
        return await self._answered(errors(block, message))

    async def _show_private(self, show: Show, laid: Laid) -> Place | None:
        view = card_view(laid, show.slot, self._origin.channel)
        if not self._answer.done():
            self._poster.views.holds(self._here.view, show.slot)
            self._poster.views.answered(self._here.view)
            await self._answered({"response_action": "update", "view": view})
            return await self._poster.with_files_for(self._origin.user, self._here, laid.attachments)
        if not self._places and (changed := await self._changed(self._here, laid, show.slot)):
            return changed
        return await self._direct(laid, show.slot)

    async def _answered(self, acknowledgement: Json) -> bool:
        """Acknowledge with that, and wait until it is on its way; whether nothing else was said before."""
        if self._answer.done():
            return False
        self._answer.set_result(acknowledgement)
        if self._sent is not None:
            await self._sent.wait()
        return True


def errors(block: str, message: str) -> Json:
    """The acknowledgement that keeps a form open and says ``message`` at the field ``block``."""
    return {"response_action": "errors", "errors": {block: visible(message, one_line=True)[:_MESSAGE]}}
