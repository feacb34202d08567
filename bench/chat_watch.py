"""The bot on a platform's stand-in, as ``chainrule run`` builds it, with a clock at everything that leaves it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import discord
from slack_sdk.socket_mode.aiohttp import SocketModeClient

from bot.platforms.discord_chat import app as discord_app
from bot.platforms.discord_chat.messenger import DiscordMessenger
from bot.platforms.slack_chat.running import connected, open_chat
from bot.store.database import SqlStore
from bot.usecases.service import Service

_LAG_SECONDS = 0.005


@dataclass
class Watch:
    """When what left this process, by what the crowd knows it by; and what else went on meanwhile."""

    acknowledged: dict[str, float] = field(default_factory=dict)
    edited: dict[str, float] = field(default_factory=dict)
    frames: list[tuple[float, str]] = field(default_factory=list)
    bodies: list[tuple[float, bytes]] = field(default_factory=list)
    lags: list[float] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    holds: list[float] = field(default_factory=list)

    def clear(self) -> None:
        """Forget all of it."""
        for each in vars(self).values():
            each.clear()

    def read(self) -> None:
        """Make sense of what Slack was sent, now that nobody waits."""
        frames, self.frames = self.frames, []
        bodies, self.bodies = self.bodies, []
        for at, text in frames:
            if envelope := json.loads(text).get("envelope_id"):
                self.acknowledged.setdefault(envelope, at)
        for at, body in bodies:
            if view := json.loads(body).get("view_id"):
                self.edited.setdefault(view, at)

    async def lag(self) -> None:
        """Note how much later than it should the loop comes back, until cancelled."""
        while True:
            due = time.perf_counter() + _LAG_SECONDS
            await asyncio.sleep(_LAG_SECONDS)
            self.lags.append(time.perf_counter() - due)


@contextlib.contextmanager
def watched_store(watch: Watch) -> Any:
    """Note how long each transaction waited to begin, and how long it then took."""
    begin = SqlStore.begin

    @contextlib.asynccontextmanager
    async def timed(self: SqlStore) -> AsyncIterator[Any]:
        asked = began = time.perf_counter()
        try:
            async with begin(self) as work:
                began = time.perf_counter()
                yield work
        finally:
            ended = time.perf_counter()
            watch.waits.append(began - asked)
            watch.holds.append(ended - began)

    SqlStore.begin = timed  # type: ignore[method-assign]
    try:
        yield
    finally:
        SqlStore.begin = begin  # type: ignore[method-assign]


@contextlib.asynccontextmanager
async def _on_discord(service: Service, url: str, watch: Watch) -> AsyncIterator[Watch]:
    trace = aiohttp.TraceConfig()

    async def chunk_sent(_: object, __: object, params: aiohttp.TraceRequestChunkSentParams) -> None:
        at = time.perf_counter()
        match params.method, params.url.path.split("/"):
            case "POST", ["", "interactions", _, token, "callback"]:
                watch.acknowledged.setdefault(token, at)
            case "PATCH", ["", "webhooks", _, token, *_]:
                watch.edited.setdefault(token, at)

    trace.on_request_chunk_sent.append(chunk_sent)
    base, discord.http.Route.BASE = discord.http.Route.BASE, url
    bot = discord_app.build(service)
    bot.http.http_trace = trace
    try:
        running = discord_app.run(bot, "token")
        async with beside(running, service.deliver_forever(DiscordMessenger(bot))):
            yield watch
    finally:
        discord.http.Route.BASE = base


@contextlib.asynccontextmanager
async def _on_slack(service: Service, url: str, watch: Watch) -> AsyncIterator[Watch]:
    trace = aiohttp.TraceConfig()

    async def chunk_sent(_: object, __: object, params: aiohttp.TraceRequestChunkSentParams) -> None:
        if params.url.path.endswith("/views.update"):
            watch.bodies.append((time.perf_counter(), params.chunk))

    trace.on_request_chunk_sent.append(chunk_sent)
    trace.freeze()
    send = SocketModeClient.send_message

    async def send_message(self: SocketModeClient, message: str) -> None:
        watch.frames.append((time.perf_counter(), message))
        await send(self, message)

    SocketModeClient.send_message = send_message  # type: ignore[method-assign]
    try:
        async with open_chat("xoxb-right", url) as chat, connected(service, chat, "xapp-right"):
            assert chat.client.session is not None
            chat.client.session.trace_configs.append(trace)
            async with beside(service.deliver_forever(chat.messenger)):
                yield watch
    finally:
        SocketModeClient.send_message = send  # type: ignore[method-assign]


@contextlib.asynccontextmanager
async def beside(*work: Any) -> AsyncIterator[None]:
    """Do ``work`` beside the block; whatever of it fails ends the block."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(each) for each in work]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()


PLATFORMS = {"discord": _on_discord, "slack": _on_slack}
