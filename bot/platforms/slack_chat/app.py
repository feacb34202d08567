"""The bolt app: every event is acknowledged, and then handed to the conversation."""

from __future__ import annotations

import asyncio
import logging
import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextvars import ContextVar
from dataclasses import replace
from typing import Any

import structlog
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.core.commands import ADMIN_ROOT, VERBS
from bot.core.effects import Refuse, Show
from bot.core.presenting.troubles import fault_card
from bot.platforms.buttons import Outdated
from bot.platforms.conversation import LEAVING, OUR_FAULT, OUTDATED, ChatService, Surface, converse, noted
from bot.platforms.files import NOTHING_ARRIVED, Unreadable
from bot.platforms.slack_chat import parsing
from bot.platforms.slack_chat.faults import Declined
from bot.platforms.slack_chat.forms import FIELD, FILE
from bot.platforms.slack_chat.lookups import Admins, read_file
from bot.platforms.slack_chat.messenger import PLATFORM, SlackMessenger
from bot.platforms.slack_chat.parsing import Event
from bot.platforms.slack_chat.places import InView, written
from bot.platforms.slack_chat.posting import Poster
from bot.platforms.slack_chat.rendering import BUTTON
from bot.platforms.slack_chat.surface import MessageSurface, SubmissionSurface, ViewSurface, errors
from bot.platforms.slack_chat.views import Views
from bot.platforms.under_way import UnderWay
from bot.ports import TryLater, Undeliverable
from bot.usecases.visiting import NO_REPLY, Reply

_log = structlog.get_logger()
ANSWER_SECONDS = 2.5
"""How long a form waits for its first answer; Slack gives up after three."""
_SEEN = 2_000
_OLD_FORM = "This form is from another version of this bot. Copy your text, close it, and press Answer again."
_NOT_SAID = "Slack did not tell us whether you may do that. Try again in a moment."

Ack = Callable[..., Awaitable[Any]]
Body = Mapping[str, Any]

sent: ContextVar[asyncio.Event | None] = ContextVar("sent", default=None)
"""Set once the acknowledgement of the event being handled is on its way."""


class Chat:
    """Everything that talks to one workspace."""

    def __init__(self, client: AsyncWebClient) -> None:
        self.client = client
        self.views = Views()
        self.poster = Poster(client, self.views)
        self.messenger = SlackMessenger(self.poster)
        self.admins = Admins(client)
        self.tasks: set[asyncio.Task[Any]] = set()
        self.arriving = UnderWay()
        """Events that are not acknowledged yet."""
        self.is_leaving = False

    async def leave(self) -> None:
        """Take nothing new, and wait until everything that was taken is acknowledged."""
        self.is_leaving = True
        await self.arriving.over(2 * ANSWER_SECONDS)

    async def settle(self, seconds: float) -> None:
        """Let the answers that were begun come to their end, for at most that long."""
        if self.tasks:
            await asyncio.wait(self.tasks, timeout=seconds)


def build(handlers: Handlers, *, is_verified: bool = False) -> AsyncApp:
    """The app that hands events to ``handlers``; ``is_verified``: whatever it is given was signed by Slack."""
    # Handlers end as soon as they have acknowledged, so waiting for them costs nothing; otherwise bolt looks for the
    # acknowledgement every 10 ms only, and loses one when its handler fails meanwhile.
    app = AsyncApp(
        client=handlers.chat.client,
        process_before_response=True,
        logger=logging.getLogger("slack"),
        request_verification_enabled=not is_verified,
    )
    app.command(re.compile(f"^/(grad|{ADMIN_ROOT})$", re.IGNORECASE))(handlers.slash)
    app.block_action(re.compile(f"^{BUTTON}"))(handlers.press)
    app.view_submission(re.compile(""))(handlers.submission)
    app.view_closed(re.compile(""))(handlers.closed)
    app.event("app_uninstalled")(handlers.uninstalled)
    app.event("tokens_revoked")(handlers.revoked)
    return app


class Handlers:
    """What is done about each kind of event: acknowledged here, the rest behind its back."""

    def __init__(self, service: ChatService, chat: Chat) -> None:
        self.chat = chat
        self._service = service
        self._seen: OrderedDict[str, None] = OrderedDict()

    async def slash(self, ack: Ack, body: Body) -> None:
        """A slash command."""
        await ack()
        self._start(self._take(parsing.slash, body))

    async def press(self, ack: Ack, body: Body) -> None:
        """A button."""
        await ack()
        self._start(self._take(parsing.press, body))

    async def submission(self, ack: Ack, body: Body) -> None:
        """A form: stored first, then acknowledged with what came of it."""
        if self.chat.is_leaving:
            await ack(errors(FIELD, LEAVING))
            return
        try:
            event = parsing.submission(body)
        except Outdated:
            await ack(errors(FIELD, _OLD_FORM))
            return
        surface = SubmissionSurface(self.chat.poster, event.origin, sent.get())
        self._start(self._submitted(event, surface))
        await ack(await surface.answer(ANSWER_SECONDS))

    async def closed(self, ack: Ack, body: Body) -> None:
        """A modal was closed: what comes later goes to the direct messages."""
        await ack()
        self.chat.views.closed(str(body["view"]["id"]))

    async def uninstalled(self, ack: Ack, body: Body) -> None:
        """The workspace removed the app."""
        await ack()
        with noted("a workspace went"):
            await self._service.left(PLATFORM, str(body["team_id"]))

    async def revoked(self, ack: Ack, body: Body) -> None:
        """Tokens of the workspace were revoked; without a bot's, it has removed us."""
        if body["event"].get("tokens", {}).get("bot"):
            await self.uninstalled(ack, body)
        else:
            await ack()

    def _start(self, work: Coroutine[Any, Any, Any]) -> None:
        task = asyncio.create_task(work)
        self.chat.tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self.chat.tasks.discard(task)
        if not task.cancelled() and (fault := task.exception()):
            _log.error("an answer could not be shown", exc_info=fault)

    async def _take(self, parse: Callable[[Body], Event], body: Body) -> None:
        try:
            event = parse(body)
        except Outdated:
            await self._surface(parsing.placed(body)).show(Show(OUTDATED))
            return
        if self.chat.is_leaving:
            await self._surface(event).show(Show(fault_card(LEAVING, event.command.argument)))
            return
        if self._is_new(event.id):
            await self._answered(event, self._surface(event))

    def _is_new(self, event_id: str) -> bool:
        """Slack sends an event again when it missed our acknowledgement."""
        known = event_id in self._seen
        self._seen[event_id] = None
        while len(self._seen) > _SEEN:
            self._seen.popitem(last=False)
        return not known

    def _surface(self, event: Event) -> MessageSurface | ViewSurface:
        kind = ViewSurface if event.origin.view else MessageSurface
        return kind(self.chat.poster, event.origin)

    async def _answered(self, event: Event, surface: MessageSurface | ViewSurface) -> None:
        verb = VERBS.get(event.command.verb)
        asks = verb is not None and verb.opens_form and not event.command.argument.strip()
        if not (asks and isinstance(surface, MessageSurface)):
            await self._converse(event, surface, NO_REPLY)
            return
        opening = asyncio.create_task(surface.open_if_slow())
        try:
            await self._converse(event, surface, NO_REPLY)
        finally:
            opening.cancel()

    async def _submitted(self, event: Event, surface: SubmissionSurface) -> None:
        try:
            if event.file is not None:
                text = await read_file(self.chat.client, event.file, event.command.verb)
                event = replace(event, command=replace(event.command, argument=text))
            elif not event.command.argument.strip():
                await surface.keep_open(FIELD, NOTHING_ARRIVED)
                return
            await self._converse(event, surface, Reply(written(InView(event.origin.view, event.origin.channel))))
        except Unreadable as fault:
            await surface.keep_open(FILE, str(fault))
        except Exception:  # the form would close, and the text be gone
            await surface.keep_open(FIELD, OUR_FAULT)
            raise
        finally:
            surface.end()

    async def _converse(self, event: Event, surface: Surface, reply: Reply) -> None:
        caller, verb = event.caller, VERBS.get(event.command.verb)
        if verb is not None and verb.admin:
            try:
                caller = replace(caller, is_admin=await self.chat.admins.includes(caller.learner_id))
            except (Declined, TryLater, Undeliverable) as fault:
                _log.warning("Slack does not say who is an admin", reason=str(fault))
                await surface.refuse(Refuse(_NOT_SAID, fault_card(_NOT_SAID, event.command.argument)))
                return
        await converse(self._service, caller, event.command, event.id, surface, reply)
