"""The wires: HTTP for the Web API, files and response_urls, a websocket for Socket Mode."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

from aiohttp import WSMsgType, web

from tests.slack_stand_in.methods import Methods
from tests.slack_stand_in.over_http import Requests
from tests.slack_stand_in.people import NotAcknowledged, Person
from tests.slack_stand_in.world import (
    RESPONSE_URL_SECONDS,
    RESPONSE_URL_USES,
    Clock,
    Json,
    Message,
    Refused,
    User,
    World,
)


@dataclass
class Trouble:
    """What goes wrong with the next ``times`` calls of a method."""

    times: int
    error: str = ""
    status: int = 200
    retry_after: int | None = None
    after_doing: bool = False
    delay: float = 0


class StandIn:
    """Slack on a port of its own, at the address ``host``. ``ack_seconds`` is how long it waits for an
    acknowledgement."""

    def __init__(
        self,
        bot_token: str = "xoxb-right",
        app_token: str = "xapp-right",
        ack_seconds: float = 3,
        host: str = "127.0.0.1",
    ) -> None:
        self._host = host
        self.clock = Clock()
        self.world = World(self.clock, bot_token, app_token)
        self.ack_seconds = ack_seconds
        self.calls: list[tuple[str, Json]] = []
        self.envelopes: list[Json] = []
        self.requests: Requests | None = None
        """How events are sent, where it is not over a socket."""
        self._methods = Methods(self.world, lambda: self.url)
        self._troubles: dict[str, Trouble] = {}
        self._sockets: list[web.WebSocketResponse] = []
        self._tickets: set[str] = set()
        self._acks: dict[str, asyncio.Future[Json | None]] = {}
        self._changed = asyncio.Condition()
        self._turn = itertools.count()
        self._runner: web.AppRunner | None = None
        self.url = ""

    # --- for tests

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=20 * 2**20)
        app.add_routes(
            [
                web.route("*", "/api/{method}", self._api),
                web.get("/socket", self._socket),
                web.post("/upload/{file}", self._upload),
                web.get("/files/{file}", self._download),
                web.post("/response/{name}", self._respond),
            ]
        )
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._host, 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._runner is not None
        for socket in [*self._sockets]:
            await socket.close()
        await self._runner.cleanup()

    @property
    def api(self) -> str:
        return f"{self.url}/api/"

    def person(self, name: str, **flags: bool) -> Person:
        """Somebody new in the workspace."""
        user = User(f"U{self.world.number():04d}", name, **flags)
        self.world.users[user.id] = user
        return Person(self, user)

    def trouble(self, method: str, *, times: int = 1, **what: Any) -> None:
        """Let the next ``times`` calls of ``method`` fail: with ``error``, ``status``, ``retry_after``, or with the
        answer lost ``after_doing``; or let them take ``delay`` seconds."""
        self._troubles[method] = Trouble(times, **what)

    def called(self, method: str) -> list[Json]:
        return [asked for name, asked in self.calls if name == method]

    async def until(self, true: Callable[[], Any], seconds: float = 10) -> Any:
        """Wait until something is so; what it gave."""
        async with asyncio.timeout(seconds):
            while not (found := true()):
                # What the bot does after a call makes no sound here.
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(0.02), self._changed:
                        await self._changed.wait()
        return found

    @property
    def is_connected(self) -> bool:
        return bool(self._sockets)

    @property
    def connections(self) -> int:
        return len(self._sockets)

    async def connected(self, seconds: float = 10) -> None:
        await self.until(lambda: self._sockets, seconds)

    # --- Socket Mode

    async def dispatch(self, kind: str, payload: Json, *, copies: int = 1) -> Json | None:
        """Send an envelope; what its acknowledgement carried. ``copies``: as often as an impatient Slack sends it."""
        envelope = {
            "envelope_id": str(uuid.uuid4()),
            "type": kind,
            "payload": payload,
            "accepts_response_payload": True,
        }
        self.envelopes.append(envelope)
        return (await self.send(envelope, copies))[0]

    async def send(self, envelope: Json, copies: int = 1) -> list[Json | None]:
        told = []
        for attempt in range(copies):
            if self.requests is not None:
                told.append(await self.requests.send(envelope, self.ack_seconds))
                continue
            if not self._sockets:
                raise NotAcknowledged("no socket is connected")
            socket = self._sockets[next(self._turn) % len(self._sockets)]
            self._acks[envelope["envelope_id"]] = asyncio.get_running_loop().create_future()
            again = {"retry_attempt": attempt, "retry_reason": "timeout"} if attempt else {}
            try:
                await socket.send_json({**envelope, **again})
                told.append(await asyncio.wait_for(self._acks[envelope["envelope_id"]], self.ack_seconds))
            except ConnectionError:
                raise NotAcknowledged("the socket was just closed") from None
            except TimeoutError:
                raise NotAcknowledged(f"no acknowledgement within {self.ack_seconds} s") from None
        return told

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        ticket = request.query["ticket"]
        if ticket not in self._tickets:
            return web.Response(status=408)
        self._tickets.remove(ticket)
        if (status := self._take_trouble("socket").status) != 200:
            return web.Response(status=status)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_json({"type": "hello", "num_connections": len(self._sockets) + 1})
        self._sockets.append(socket)
        await self._tell()
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    told = message.json()
                    ack = self._acks.get(told.get("envelope_id", ""))
                    if ack and not ack.done():
                        ack.set_result(told.get("payload"))
        finally:
            if socket in self._sockets:
                self._sockets.remove(socket)
        return socket

    async def disconnect(self) -> None:
        """Ask for every socket to be renewed, as Slack does now and then; nothing more comes over the old ones."""
        sockets, self._sockets = self._sockets, []
        for socket in sockets:
            with contextlib.suppress(ConnectionError):
                await socket.send_json({"type": "disconnect", "reason": "refresh_requested"})

    async def hang_up(self) -> None:
        """End every socket without a word, as when the process at the other end dies."""
        for socket in [*self._sockets]:
            await socket.close()
        self._sockets.clear()

    # --- the Web API

    async def _api(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        asked = await self._asked(request)
        token = request.headers.get("Authorization", "").removeprefix("Bearer ") or asked.pop("token", "")
        self.calls.append((method, asked))
        trouble = self._take_trouble(method)
        if trouble.delay:
            await asyncio.sleep(trouble.delay)
        if trouble.retry_after is not None:
            headers = {"Retry-After": str(trouble.retry_after)}
            return web.json_response({"ok": False, "error": "ratelimited"}, status=429, headers=headers)
        if trouble.status != 200:
            return web.Response(text="upstream is sad", status=trouble.status)
        answer = self._answer(method, asked, token, trouble)
        await self._tell()
        if trouble.after_doing and request.transport is not None:
            request.transport.close()
        return web.json_response(answer)

    def _answer(self, method: str, asked: Json, token: str, trouble: Trouble) -> Json:
        try:
            if trouble.error:
                raise Refused(trouble.error)
            if method == "apps.connections.open":
                self._check(token, self.world.app_token)
                ticket = str(uuid.uuid4())
                self._tickets.add(ticket)
                return {"ok": True, "url": f"{self.url.replace('http', 'ws')}/socket?ticket={ticket}"}
            self._check(token, self.world.bot_token)
            return self._methods.call(method, asked)
        except Refused as refused:
            return {"ok": False, "error": refused.code, "response_metadata": {"messages": refused.details}}

    @staticmethod
    def _check(token: str, right: str) -> None:
        if not token:
            raise Refused("not_authed")
        if token != right:
            raise Refused("invalid_auth")

    def _take_trouble(self, method: str) -> Trouble:
        trouble = self._troubles.get(method)
        if trouble is None or trouble.times < 1:
            return Trouble(0)
        trouble.times -= 1
        return trouble

    @staticmethod
    async def _asked(request: web.Request) -> Json:
        asked: Json = dict(request.query)
        if request.content_type == "application/json":
            return asked | await request.json()
        return asked | dict(await request.post())

    async def _respond(self, request: web.Request) -> web.StreamResponse:
        asked = await request.json()
        self.calls.append(("response_url", asked))
        place = self.world.response_urls[request.match_info["name"]]
        place.uses += 1
        trouble = self._take_trouble("response_url")
        if trouble.status != 200:
            return web.Response(text="no", status=trouble.status)
        if place.uses > RESPONSE_URL_USES or self.clock.now() - place.at > RESPONSE_URL_SECONDS:
            return web.json_response({"ok": False, "error": "expired_url"}, status=404)
        try:
            self._place(asked, place.message, place.channel, place.user)
        except Refused as refused:
            return web.json_response({"ok": False, "error": refused.code}, status=400)
        await self._tell()
        return web.Response(text="ok")

    def _place(self, asked: Json, original: Message | None, channel: str, user: str) -> None:
        if asked.get("replace_original") and original is not None:
            self._methods.edit(original, asked)
            return
        public = asked.get("response_type") == "in_channel"
        self._methods.post(self.world.channels[channel], asked, None if public else user)

    # --- files

    async def _upload(self, request: web.Request) -> web.StreamResponse:
        content = await request.read()
        if request.content_type.startswith("multipart/"):
            content = b"".join([part.file.read() for part in (await request.post()).values()])  # type: ignore[union-attr]
        self.world.files[request.match_info["file"]].content = content
        return web.Response(text=f"OK - {len(content)}")

    async def _download(self, request: web.Request) -> web.StreamResponse:
        self.calls.append(("download", {"file": request.match_info["file"]}))
        trouble = self._take_trouble("download")
        if trouble.delay:
            await asyncio.sleep(trouble.delay)
        if request.headers.get("Authorization") != f"Bearer {self.world.bot_token}":
            return web.Response(text="<!DOCTYPE html><title>Sign in</title>", content_type="text/html")
        if trouble.status != 200:
            return web.Response(status=trouble.status)
        return web.Response(body=self.world.files[request.match_info["file"]].content)

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    changed = _tell
