"""Slack over HTTP, where many processes stand behind one address: each request is signed by Slack."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import AsyncIterator, Callable

import structlog
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request

from bot.listening import listening
from bot.platforms.conversation import ChatService
from bot.platforms.slack_chat.app import Chat, Handlers, build
from bot.platforms.slack_chat.running import SETTLE_SECONDS, acknowledging, let_in

PATH = "/slack/events"
_log = structlog.get_logger()


@contextlib.asynccontextmanager
async def reachable(
    service: ChatService,
    chat: Chat,
    signing_secret: str,
    address: str,
    *,
    leaving: Callable[[], float] = lambda: SETTLE_SECONDS,
) -> AsyncIterator[Callable[[], bool]]:
    """Answer what Slack sends to ``address``, as long as the block lasts; see :func:`.running.connected`.

    Raises :class:`bot.listening.CannotListen` beside what that does.
    """
    await let_in(chat)
    bolt = build(Handlers(service, chat), signing_secret)
    # It would log whole requests that it refuses, and by a clock that is wrong it refuses everybody's.
    logging.getLogger("slack_bolt.RequestVerification").setLevel(logging.WARNING)

    refusals = _Refusals()

    async def take(request: web.Request) -> web.StreamResponse:
        if not request.headers.get("X-Slack-Request-Timestamp", "").isdecimal():
            return refusals.answer()  # bolt takes for granted that it is a number
        with acknowledging(chat):
            answer = await to_aiohttp_response(await bolt.async_dispatch(await to_bolt_request(request)))
            if answer.status == 401:
                return refusals.answer()
            await answer.prepare(request)
            await answer.write_eof()
        return answer

    app = web.Application()
    app.add_routes([web.post(PATH, take)])
    try:
        async with listening(app, address, "SLACK_HTTP"):
            try:
                yield lambda: not chat.is_leaving
            finally:
                await chat.leave()
    finally:
        await chat.settle(leaving())


class _Refusals:
    """Tells once: whoever sends us what they like shall not fill the log with it."""

    def __init__(self) -> None:
        self._is_told = False

    def answer(self) -> web.Response:
        if not self._is_told:
            self._is_told = True
            _log.warning("a request was refused that Slack has not signed, or not within five minutes by our clock")
        return web.Response(status=401, text="not signed by Slack\n")
