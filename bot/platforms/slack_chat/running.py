"""The connection to one workspace, over Socket Mode."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import aiohttp
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.web.async_client import AsyncWebClient

from bot.platforms.conversation import ChatService, WrongToken
from bot.platforms.slack_chat.app import Chat, Handlers, build, sent
from bot.platforms.slack_chat.faults import Declined, calling
from bot.ports import Undeliverable

_CALL_SECONDS = 10.0
SETTLE_SECONDS = 5.0
_BOT_REFUSED = "Slack does not accept SLACK_BOT_TOKEN; it should be the app's bot token, which begins with xoxb-."
_APP_REFUSED = (
    "Slack does not accept SLACK_APP_TOKEN; it should be an app-level token with connections:write, "
    "which begins with xapp-."
)

_TICKET = re.compile(r"(?<=ticket=)[^&'\"\s]+")


@contextlib.asynccontextmanager
async def open_chat(bot_token: str, base_url: str = AsyncWebClient.BASE_URL) -> AsyncIterator[Chat]:
    """The workspace of ``bot_token``. Nothing is asked of Slack yet."""
    _keep_secrets()
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_CALL_SECONDS)) as session:
        # The SDK would repeat a call whose connection broke, and a message would be posted twice.
        chat = Chat(AsyncWebClient(token=bot_token, base_url=base_url, session=session, retry_handlers=[]))
        try:
            yield chat
        finally:
            await chat.poster.close()


@contextlib.asynccontextmanager
async def connected(
    service: ChatService,
    chat: Chat,
    app_token: str,
    *,
    ping_seconds: float = 10,
    leaving: Callable[[], float] = lambda: SETTLE_SECONDS,
) -> AsyncIterator[Callable[[], bool]]:
    """Answer what comes from the workspace, as long as the block lasts; a connection that breaks is made anew.

    Gives whether there is one now. At the end, what was begun may take as many seconds as ``leaving`` says.
    Raises :class:`bot.platforms.conversation.WrongToken`, or :class:`bot.ports.TryLater` when Slack cannot be reached.
    """
    await let_in(chat)
    with _meaning(_APP_REFUSED), calling():
        answer = await chat.client.apps_connections_open(app_token=app_token)
    app = build(Handlers(service, chat))
    handler = _Handler(chat, app, app_token, web_client=chat.client, ping_interval=ping_seconds)
    # Its own client would ask again, and go on for ever with a token that is wrong.
    handler.client.wss_uri = str(answer["url"])
    renewing = asyncio.create_task(_renew(handler.client, ping_seconds))
    try:
        await handler.connect_async()  # type: ignore[no-untyped-call]
        yield lambda: _is_open(handler.client)
    finally:
        renewing.cancel()
        # What was taken is acknowledged over this socket. What comes after it is sent to another process, or fails, and
        # a form that fails stays open.
        await chat.leave()
        await handler.close_async()  # type: ignore[no-untyped-call]
        await chat.settle(leaving())


async def let_in(chat: Chat) -> None:
    """Raises :class:`bot.platforms.conversation.WrongToken` where Slack does not know the bot token, or TryLater."""
    with _meaning(_BOT_REFUSED), calling():
        await chat.client.auth_test()


def _is_open(client: SocketModeClient) -> bool:
    session = client.current_session
    return session is not None and not session.closed


async def _renew(client: SocketModeClient, seconds: float) -> None:
    """Have the SDK's client ask for a new address: each lets in once, and it knocks at the same one for ever."""
    while True:
        await asyncio.sleep(seconds)
        if not await client.is_connected():
            client.wss_uri = None


@contextlib.contextmanager
def _meaning(sentence: str) -> Iterator[None]:
    try:
        yield
    except (Declined, Undeliverable) as refusal:
        raise WrongToken(sentence) from refusal


class _Handler(AsyncSocketModeHandler):
    """Tells ``chat`` what is being acknowledged."""

    def __init__(self, chat: Chat, app: AsyncApp, app_token: str, **options: Any) -> None:
        super().__init__(app, app_token, **options)
        self._chat = chat

    async def handle(self, client: AsyncBaseSocketModeClient, req: SocketModeRequest) -> None:
        with acknowledging(self._chat):
            await super().handle(client, req)  # type: ignore[arg-type]


@contextlib.contextmanager
def acknowledging(chat: Chat) -> Iterator[None]:
    """While an event is handled and until its acknowledgement is sent: what is shown after must not overtake that."""
    acknowledged = asyncio.Event()
    sent.set(acknowledged)
    try:
        with chat.arriving:
            yield
    finally:
        acknowledged.set()


def _keep_secrets() -> None:
    """Have the libraries log neither what lets one in or answer in our name, nor what people send."""
    for name in ("slack", "slack_bolt", "slack_sdk"):
        library = logging.getLogger(name)
        # Finer lines hold whole events and calls.
        library.setLevel(max(logging.INFO, library.getEffectiveLevel()))
    # Adding the same one again does nothing.
    logging.getLogger("slack").addFilter(_without_ticket)


def _without_ticket(record: logging.LogRecord) -> bool:
    """A socket that is refused is told with its whole address, which may still let one in."""
    said = record.getMessage()
    if _TICKET.search(said):
        record.msg, record.args, record.exc_info = _TICKET.sub("…", said), (), None
    return True
