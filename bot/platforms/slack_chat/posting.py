"""The calls that show a card somewhere in Slack, each once; whoever uses them decides where."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import Sequence
from dataclasses import replace
from time import time

import structlog
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.platforms.layout import Attachment, Laid
from bot.platforms.slack_chat.faults import Declined, calling
from bot.platforms.slack_chat.forms import card_view
from bot.platforms.slack_chat.places import InChannel, InView
from bot.platforms.slack_chat.rendering import fallback, files_note, rendered
from bot.platforms.slack_chat.rich_text import Json
from bot.platforms.slack_chat.views import UNSETTLED_SECONDS, Views
from bot.ports import OutcomeUnknown, TryLater, Undeliverable

_log = structlog.get_logger()
EVENT = "chainrule"
"""The type of the metadata on our messages; its payload names the slot."""
_RECENT_SECONDS = 24 * 60 * 60
_RECENT_MESSAGES = 200
_UNSEEN = "nobody can tell whether it is there already, because Slack does not let me look ({reason})"


class Poster:
    """Shows laid-out cards. Every method raises what :func:`bot.platforms.slack_chat.faults.calling` does."""

    def __init__(self, client: AsyncWebClient, views: Views) -> None:
        self.client = client
        self.views = views
        self._repeats: set[asyncio.Task[None]] = set()

    async def direct(self, user: str) -> str:
        """The channel of the direct messages with ``user``."""
        with calling():
            answer = await self.client.conversations_open(users=user)
            return str(answer["channel"]["id"])

    async def post(self, channel: str, laid: Laid, slot: str, thread: str = "") -> InChannel:
        """A new message, in the ``thread`` of one if one is named."""
        with calling():
            answer = await self.client.chat_postMessage(
                channel=channel,
                thread_ts=thread or None,
                unfurl_links=False,
                unfurl_media=False,
                **_message(laid, slot),
            )
            place = InChannel(str(answer["channel"]), str(answer["ts"]))
        return await self._with_files(place, laid.attachments)

    async def find(self, channel: str, slot: str, thread: str = "") -> InChannel | None:
        """The message of ``slot`` posted there lately, if it is there.

        Raises :class:`bot.ports.OutcomeUnknown` where we may not look.
        """
        asked: Json = {"channel": channel, "include_all_metadata": True, "limit": _RECENT_MESSAGES}
        asked["oldest"] = str(time() - _RECENT_SECONDS)
        try:
            with calling():
                if thread:
                    answer = await self.client.conversations_replies(ts=thread, **asked)
                else:
                    answer = await self.client.conversations_history(**asked)
        except (Undeliverable, Declined) as refusal:
            raise OutcomeUnknown(_UNSEEN.format(reason=refusal)) from refusal
        for message in answer["messages"]:
            metadata = message.get("metadata") or {}
            if metadata.get("event_type") == EVENT and metadata.get("event_payload", {}).get("slot") == slot:
                return InChannel(channel, str(message["ts"]))
        return None

    async def change(self, place: InChannel, laid: Laid, slot: str) -> InChannel:
        """Edit a message; the place with what is attached to it now."""
        with calling():
            await self.client.chat_update(channel=place.channel, ts=place.ts, **_message(laid, slot))
        return await self._with_files(place, laid.attachments)

    async def _with_files(self, place: InChannel, attachments: Sequence[Attachment]) -> InChannel:
        if attachments and place.files != digest(attachments):
            await self.attach(place.channel, attachments, "" if place.channel.startswith("D") else place.ts)
        return replace(place, files=digest(attachments) or place.files)

    async def change_view(self, place: InView, laid: Laid, slot: str, user: str) -> InView:
        """Show a card in a modal that is open; the place with what is attached to it now."""
        view = card_view(laid, slot, place.channel)
        with calling():
            await self.client.views_update(view_id=place.view, view=view)
        is_unsettled = self.views.is_unsettled(place.view)
        self.views.holds(place.view, slot)
        if is_unsettled:
            # Acknowledgements and calls take different ways into Slack, and nobody promises which arrives first.
            task = asyncio.create_task(self._repeat(place, view, slot))
            self._repeats.add(task)
            task.add_done_callback(self._repeats.discard)
        return await self.with_files_for(user, place, laid.attachments)

    async def with_files_for(self, user: str, place: InView, attachments: Sequence[Attachment]) -> InView:
        """Send the files of a modal to somebody's direct messages, unless they are there; the place with them."""
        if place.files != digest(attachments):
            await self.attach_for(user, attachments)
        return replace(place, files=digest(attachments) or place.files)

    async def _repeat(self, place: InView, view: Json, slot: str) -> None:
        await asyncio.sleep(UNSETTLED_SECONDS)
        with contextlib.suppress(Declined, TryLater, Undeliverable):
            if self.views.takes(place.view, slot):
                with calling():
                    await self.client.views_update(view_id=place.view, view=view)

    async def close(self) -> None:
        """Repeat nothing any more."""
        for task in self._repeats:
            task.cancel()
        await asyncio.gather(*self._repeats, return_exceptions=True)

    async def respond(self, url: str, laid: Laid, slot: str, *, replace: bool) -> bool:
        """Show a card to whoever caused an event, at its response_url; whether Slack took it."""
        webhook = AsyncWebhookClient(url, session=self.client.session, retry_handlers=[])
        body = {"response_type": "ephemeral", "replace_original": replace, **_private(laid, slot)}
        with calling():
            answer = await webhook.send_dict(body)
        return bool(answer.status_code == 200)

    async def whisper(self, channel: str, user: str, laid: Laid, slot: str) -> None:
        """Show a card to one member of a channel."""
        with calling():
            await self.client.chat_postEphemeral(channel=channel, user=user, **_private(laid, slot))

    async def attach_for(self, user: str, attachments: Sequence[Attachment]) -> None:
        """Send files to somebody's direct messages."""
        if attachments:
            await self.attach(await self.direct(user), attachments, "")

    async def attach(self, channel: str, attachments: Sequence[Attachment], thread: str) -> None:
        """Send files to a channel, into the thread of a message if one is named.

        The message they belong to is there by now: what goes wrong with them is told, not raised.
        """
        if not attachments:
            return
        files = [{"filename": file.name, "title": file.name, "content": file.text} for file in attachments]
        try:
            with calling():
                await self.client.files_upload_v2(channel=channel, thread_ts=thread or None, file_uploads=files)
        except (TryLater, Undeliverable, Declined) as fault:
            _log.warning("files could not be sent", reason=str(fault))
            names = ", ".join(file.name for file in attachments)
            with calling():
                await self.client.chat_postMessage(channel=channel, text=f"Slack did not take {names}. Ask again.")


def digest(attachments: Sequence[Attachment]) -> str:
    """Tells files from others; empty for none."""
    if not attachments:
        return ""
    told = "\0".join(f"{file.name}\0{file.text}" for file in attachments)
    return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _private(laid: Laid, slot: str) -> Json:
    return {"text": fallback(laid), "blocks": [*rendered(laid, slot), *files_note(laid.attachments)]}


def _message(laid: Laid, slot: str) -> Json:
    told: Json = {"text": fallback(laid), "blocks": rendered(laid, slot)}
    return told | ({"metadata": {"event_type": EVENT, "event_payload": {"slot": slot}}} if slot else {})
