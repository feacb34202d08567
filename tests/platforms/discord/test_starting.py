import asyncio
import logging
from types import SimpleNamespace

import discord
import pytest
from aiohttp import web
from discord.http import Route

from bot.core.commands import VERBS
from bot.platforms.conversation import WrongToken
from bot.platforms.discord_chat.app import Bot, build, run
from tests.platforms.discord.conftest import Server
from tests.platforms.discord.service import FakeService


async def test_every_verb_that_can_be_said_is_a_command_and_no_other(server: Server) -> None:
    said = {
        f"gradadmin {verb.words}" if verb.admin else f"grad {verb.name}" for verb in VERBS.values() if not verb.hidden
    }
    assert set(server.admin.available_commands(server.channel)) == said


async def test_the_roots_are_for_servers_and_the_second_for_who_may_manage_them(server: Server) -> None:
    (synced,) = [entry.json for entry in server.env.http_requests if entry.method == "PUT"]
    roots = {root["name"]: root for root in synced}
    assert roots.keys() == {"grad", "gradadmin"}
    assert {root["dm_permission"] for root in synced} == {False}
    assert roots["grad"]["default_member_permissions"] is None
    assert roots["gradadmin"]["default_member_permissions"] == 1 << 5
    spans = next(option for option in roots["grad"]["options"] if option["name"] == "leaderboard")["options"]
    assert [choice["value"] for choice in spans[0]["choices"]] == ["day", "week", "month", "season", "all"]


async def test_servers_that_come_and_go_are_told_of(server: Server) -> None:
    (guild,) = server.bot.guilds
    assert server.service.tenants[0][:2] == ("present", "discord")  # once it was ready; there was no server yet
    server.service.tenants.clear()
    await server.bot.on_ready()
    await server.bot.on_guild_join(guild)
    await guild.leave()
    await server.env.settle()
    assert server.service.tenants == [(what, "discord", str(guild.id)) for what in ("present", "joined", "left")]


def test_it_asks_for_no_more_than_it_needs() -> None:
    intents = build(FakeService()).intents
    assert [name for name, on in intents if on] == ["guilds"]


def test_nothing_is_said_to_be_missing_for_voice(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("warn_nacl", "warn_dave"):  # as they are in a process that has made no bot yet
        monkeypatch.setattr(discord.VoiceClient, name, True)
    build(FakeService())
    assert caplog.records == []


@pytest.mark.parametrize("token", ["not-a-token", "with\nnewline", "späce", "", "x" * 200])
async def test_a_wrong_token_is_told_in_one_line_that_does_not_repeat_it(
    token: str,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)

    async def refuse(_request: web.Request) -> web.Response:
        return web.json_response({"message": "401: Unauthorized", "code": 0}, status=401)

    app = web.Application()
    app.router.add_get("/users/@me", refuse)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0]
    monkeypatch.setattr(Route, "BASE", f"http://{host}:{port}")
    try:
        with pytest.raises(WrongToken) as refused:
            await run(build(FakeService()), token)
    finally:
        await runner.cleanup()
    said = str(refused.value)
    assert said.startswith("Discord refused the token in DISCORD_TOKEN.")
    assert "\n" not in said
    assert not token or token not in said + "".join(capfd.readouterr()) + caplog.text
    assert refused.value.__suppress_context__ or refused.value.__context__ is None
    assert not logging.getLogger("discord.webhook.async_").isEnabledFor(logging.DEBUG)


class _Reset(Bot):
    """A bot whose token is taken at login, and reset before it connects."""

    async def login(self, token: str) -> None: ...

    async def connect(self, *, reconnect: bool = True) -> None:
        raise discord.ConnectionClosed(SimpleNamespace(close_code=4004), shard_id=0)  # type: ignore[arg-type]


async def test_a_token_that_is_reset_later_is_told_like_a_wrong_one() -> None:
    with pytest.raises(WrongToken, match="Discord refused the token"):
        await run(_Reset(FakeService()), "a.good.token")


class _Connected(Bot):
    """A bot that is connected for ever."""

    async def login(self, token: str) -> None: ...

    async def connect(self, *, reconnect: bool = True) -> None:
        await asyncio.Event().wait()


async def test_whoever_leaves_can_still_be_shown_things_until_it_has_left() -> None:
    bot, told = _Connected(FakeService()), list[bool]()

    async def leave() -> None:
        await asyncio.sleep(0.1)
        told.append(bot.is_closed())

    running = asyncio.create_task(run(bot, "a.good.token", leave=leave))
    await asyncio.sleep(0.1)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert (told, bot.is_closed()) == ([False], True)
