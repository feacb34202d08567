"""Slack over HTTP, where many processes stand behind one address: each request is signed by Slack."""

from __future__ import annotations

import contextlib
import re
from collections.abc import AsyncIterator, Callable

import structlog
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.async_app import AsyncApp
from slack_sdk.signature import Clock as SignatureClock
from slack_sdk.signature import SignatureVerifier

from bot.listening import listening
from bot.platforms.conversation import ChatService
from bot.platforms.slack_chat.app import Chat, Handlers, build
from bot.platforms.slack_chat.running import SETTLE_SECONDS, acknowledging, let_in
from bot.ports import Clock

PATH = "/slack/events"
_NUMBER = re.compile(r"[0-9]{1,12}")
_log = structlog.get_logger()


@contextlib.asynccontextmanager
async def reachable(
    service: ChatService,
    chat: Chat,
    signing_secret: str,
    address: str,
    clock: Clock,
    *,
    leaving: Callable[[], float] = lambda: SETTLE_SECONDS,
) -> AsyncIterator[Callable[[], bool]]:
    """Answer what Slack sends to ``address``, as long as the block lasts; see :func:`.running.connected`.

    By ``clock`` it is seen that a request was signed just now. Raises :class:`bot.listening.CannotListen` beside what
    that does.
    """
    await let_in(chat)
    entrance = _Entrance(chat, build(Handlers(service, chat), is_verified=True), signing_secret, clock)
    app = web.Application()
    app.add_routes([web.post(PATH, entrance.take)])
    try:
        async with listening(app, address, "SLACK_HTTP"):
            try:
                yield lambda: not chat.is_leaving
            finally:
                await chat.leave()
    finally:
        await chat.settle(leaving())


class _Entrance:
    """Lets in what Slack signed. The check is bolt's own, made here: bolt would make it by this host's clock, which may
    be wrong, and log whole requests that it refuses."""

    def __init__(self, chat: Chat, bolt: AsyncApp, signing_secret: str, clock: Clock) -> None:
        self._chat = chat
        self._bolt = bolt
        self._verifier = SignatureVerifier(signing_secret, _Seconds(clock))
        self._is_told = False

    async def take(self, request: web.Request) -> web.StreamResponse:
        """Answer a request, with 401 where Slack has not signed it within five minutes."""
        at, signature = (request.headers.get(f"X-Slack-{name}", "") for name in ("Request-Timestamp", "Signature"))
        # The verifier takes for granted that the one is a number, the other ASCII, and the body text.
        if not (_NUMBER.fullmatch(at) and signature.isascii()):
            return self._refused()
        try:
            body = (await request.read()).decode()
        except UnicodeDecodeError:
            return self._refused()
        if not self._verifier.is_valid(body, at, signature):
            return self._refused()
        with acknowledging(self._chat):
            answer = await to_aiohttp_response(await self._bolt.async_dispatch(await to_bolt_request(request)))
            await answer.prepare(request)
            await answer.write_eof()
        return answer

    def _refused(self) -> web.Response:
        if not self._is_told:  # once: whoever sends us what they like shall not fill the log with it
            self._is_told = True
            _log.warning("a request was refused that Slack has not signed, or not within five minutes by our clock")
        return web.Response(status=401, text="not signed by Slack\n")


class _Seconds(SignatureClock):
    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def now(self) -> float:
        return self._clock().timestamp()
