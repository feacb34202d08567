"""``python -m bench.discord_town``: as much of Discord as our bot asks for, with a crowd; it answers at once.

It knows neither limits nor permissions: what is right to send is looked at by tests.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from typing import Any

from aiohttp import WSMsgType, web

from bench.crowd import FORM, PATIENCE, SUBMITTED, Sent, sent, serve
from bot.platforms.buttons import encode

Json = dict[str, Any]
BOT, GUILD, CHANNEL, ROOT = "100", "200", "300", "400"
NOW = "2026-01-01T00:00:00+00:00"
COMMAND, COMPONENT, MODAL = 2, 3, 5
MODAL_RESPONSE, DEFERRED = 9, (5, 6)
SUB = 1
GRAD, ADMIN = "grad", "gradadmin"


class DiscordTown:
    """Gateway and REST on one port."""

    def __init__(self) -> None:
        self.url = ""
        self._ids = itertools.count(10_000)
        self._sequence = itertools.count(1)
        self._socket: web.WebSocketResponse | None = None
        self._ready, self._posted = asyncio.Event(), asyncio.Event()
        self._answered: dict[str, tuple[Sent, asyncio.Future[None]]] = {}
        self._posting = 1

    async def __aenter__(self) -> DiscordTown:
        app = web.Application()
        app.add_routes(
            [
                web.get("/gateway/", self._gateway),
                web.post("/interactions/{id}/{token}/callback", self._callback),
                web.route("*", "/webhooks/{application}/{token}{rest:.*}", self._webhook),
                web.post("/channels/{channel}/messages", self._message),
                web.get("/channels/{channel}/messages", self._nothing),
                web.put("/applications/{id}/commands", self._nothing),
                web.get("/users/@me", self._me),
                web.get("/oauth2/applications/@me", self._application),
                web.get("/gateway/bot", self._gateways),
            ]
        )
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    # --- people

    async def opened(self) -> None:
        """Post."""
        await self._ready.wait()
        sent.set(Sent("post-now", "", "", 0.0))
        await self._interaction(ROOT, COMMAND, _spoken(ADMIN, "post-now"))
        await self._posted.wait()

    async def does(self, person: int, kind: str) -> None:
        who = str(1_000 + person)
        if kind in SUBMITTED:
            field = {"type": 4, "custom_id": "text", "value": SUBMITTED[kind]}
            form = {"custom_id": encode("answer", self._posting), "components": [{"type": 18, "component": field}]}
            await self._interaction(who, MODAL, form)
        elif kind == FORM:
            press = {"custom_id": encode("answer", self._posting), "component_type": 2}
            await self._interaction(who, COMPONENT, press, message=self._new_message({"flags": 0}))
        else:
            await self._interaction(who, COMMAND, _spoken(GRAD, kind))

    async def _interaction(self, who: str, kind: int, data: Json, **more: Any) -> None:
        token = f"token{next(self._ids)}"
        payload = {
            "id": str(next(self._ids)),
            "application_id": BOT,
            "type": kind,
            "token": token,
            "version": 1,
            "guild_id": GUILD,
            "channel_id": CHANNEL,
            "channel": _channel(),
            "member": _member(who),
            "data": data,
            "app_permissions": "0",
            "attachment_size_limit": 1 << 20,
            "locale": "en-US",
            "context": 0,
            **more,
        }
        event = sent.get()
        event.key = event.place = token
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._answered[token] = event, done
        event.at = time.perf_counter()
        await self._dispatch("INTERACTION_CREATE", payload)
        async with asyncio.timeout(PATIENCE):
            await done

    async def _dispatch(self, name: str, data: Json) -> None:
        assert self._socket is not None
        await self._socket.send_json({"op": 0, "t": name, "s": next(self._sequence), "d": data})

    # --- the gateway

    async def _gateway(self, request: web.Request) -> web.StreamResponse:
        self._socket = socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_json({"op": 10, "d": {"heartbeat_interval": 40_000}})
        async for message in socket:
            if message.type not in {WSMsgType.TEXT, WSMsgType.BINARY}:
                continue
            told = json.loads(message.data)
            if told["op"] == 1:
                await socket.send_json({"op": 11})
            elif told["op"] == 2:
                await self._identified()
        return socket

    async def _identified(self) -> None:
        application = {"id": BOT, "flags": 0}
        ready = {"v": 10, "user": _user(BOT), "guilds": [{"id": GUILD, "unavailable": True}], "session_id": "s"}
        await self._dispatch(
            "READY", ready | {"resume_gateway_url": self._gateway_url, "shard": [0, 1], "application": application}
        )
        everyone = {"id": GUILD, "name": "@everyone", "permissions": "0", "position": 0, "color": 0, "colors": {}}
        everyone |= {"hoist": False, "managed": False, "mentionable": False, "flags": 0}
        guild = {"id": GUILD, "name": "Autograd", "owner_id": ROOT, "roles": [everyone], "channels": [_channel()]}
        lists: Json = {name: [] for name in ("emojis", "stickers", "features", "members", "threads", "presences")}
        levels = ("verification_level", "default_message_notifications", "explicit_content_filter", "mfa_level")
        numbers = dict.fromkeys((*levels, "nsfw_level", "premium_tier", "system_channel_flags", "afk_timeout"), 0)
        extra = {"member_count": 51, "large": False, "unavailable": False, "preferred_locale": "en-US"}
        await self._dispatch("GUILD_CREATE", guild | lists | numbers | extra)
        self._ready.set()

    @property
    def _gateway_url(self) -> str:
        return self.url.replace("http", "ws") + "/gateway/"

    # --- REST

    async def _callback(self, request: web.Request) -> web.StreamResponse:
        event, done = self._answered[request.match_info["token"]]
        if not done.done():
            event.heard = time.perf_counter()
            done.set_result(None)
        told = await request.json()
        kind = told["type"]
        resource: Json = {"type": kind}
        answer: Json = {"interaction": {"id": request.match_info["id"], "type": COMMAND}, "resource": resource}
        if kind not in (*DEFERRED, MODAL_RESPONSE):
            resource["message"] = self._new_message(told["data"])
        return _json(answer)

    async def _webhook(self, request: web.Request) -> web.StreamResponse:
        if request.method == "DELETE":
            return web.Response(status=204)
        return _json(self._new_message(await request.json()))

    async def _message(self, request: web.Request) -> web.StreamResponse:
        self._posted.set()
        return _json(self._new_message(await request.json()))

    async def _nothing(self, _: web.Request) -> web.StreamResponse:
        return _json([])

    async def _me(self, _: web.Request) -> web.StreamResponse:
        return _json(_user(BOT))

    async def _application(self, _: web.Request) -> web.StreamResponse:
        about: Json = {"id": BOT, "name": "Chainrule", "description": "", "icon": None, "bot_public": False}
        return _json(about | {"bot_require_code_grant": False, "owner": _user(ROOT), "verify_key": "", "flags": 0})

    async def _gateways(self, _: web.Request) -> web.StreamResponse:
        limit = {"total": 1000, "remaining": 1000, "reset_after": 0, "max_concurrency": 1}
        return _json({"url": self._gateway_url, "shards": 1, "session_start_limit": limit})

    def _new_message(self, told: Json) -> Json:
        made: Json = {"id": str(next(self._ids)), "channel_id": CHANNEL, "author": _user(BOT), "type": 0}
        empty: Json = {name: [] for name in ("mentions", "mention_roles", "attachments", "embeds")}
        plain = {"content": "", "timestamp": NOW, "edited_timestamp": None, "tts": False, "pinned": False}
        shown = {"components": told.get("components", []), "flags": told.get("flags", 0)}
        return made | empty | plain | {"mention_everyone": False} | shown


def _json(told: object) -> web.Response:
    # The library reads as JSON what is called just that, without a charset.
    return web.Response(body=json.dumps(told).encode(), headers={"Content-Type": "application/json"})


def _spoken(root: str, verb: str) -> Json:
    return {"id": "1", "name": root, "type": 1, "options": [{"name": verb, "type": SUB, "options": []}]}


def _user(number: str) -> Json:
    bot = number == BOT
    return {"id": number, "username": f"user{number}", "discriminator": "0", "avatar": None, "bot": bot}


def _member(number: str) -> Json:
    permissions = "32" if number == ROOT else "0"
    flags = {"deaf": False, "mute": False, "flags": 0}
    return {"user": _user(number), "roles": [], "joined_at": NOW, "permissions": permissions, **flags}


def _channel() -> Json:
    plain = {"id": CHANNEL, "type": 0, "name": "daily", "position": 0, "permission_overwrites": []}
    return plain | {"parent_id": None, "nsfw": False, "guild_id": GUILD}


async def main() -> None:
    async with DiscordTown() as town:
        await serve(town, town.url)


if __name__ == "__main__":
    asyncio.run(main())
