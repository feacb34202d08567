"""A process that serves some of the shards of Discord, and one that is about to end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from bot.core.effects import Effect
from bot.platforms.conversation import LEAVING
from bot.platforms.discord_chat.app import build
from tests.platforms.discord.conftest import Server
from tests.platforms.discord.service import FakeService
from tests.players.discord import DiscordPlayer


def guild(shard: int, of: int) -> str:
    """The id of a server on that shard, by Discord's own formula."""
    found = next(number for number in range(1, of + 1) if number % of == shard)
    return str(found << 22)


@pytest.mark.parametrize(
    ("count", "shards", "serves"), [(8, (0, 1, 2), {0, 1, 2}), (8, (), {*range(8)}), (None, (), {*range(8)})]
)
async def test_it_tells_only_of_servers_on_its_own_shards(
    count: int | None, shards: tuple[int, ...], serves: set[int]
) -> None:
    asked = []

    class Service(FakeService):
        async def present(self, platform, community_ids, among):  # type: ignore[no-untyped-def, override]
            asked.append({shard for shard in range(8) if among(guild(shard, 8))})

    bot = build(Service(), count, shards)
    assert (bot.shard_count, bot.shard_ids) == (count, list(shards) or None)
    await bot.on_ready()
    assert asked == [serves]


async def test_it_is_connected_while_its_shards_are(server: Server) -> None:
    assert server.bot.is_connected
    assert not build(FakeService()).is_connected


async def test_while_it_leaves_a_form_gives_its_text_back_and_what_was_taken_is_answered(server: Server) -> None:
    player = DiscordPlayer(server.env, server.ada, server.channel, server.env.settle)
    await player.says("answer")
    await player.form()
    await server.bot.leave(0)
    await player.fills("def solve(x): return MINE")
    (seen,) = await player.sees()
    assert LEAVING in seen.text
    assert "return MINE" in seen.text
    assert [command.argument for command in server.service.commands] == [""], "nothing was stored"
    await player.says("leaderboard")
    (seen,) = await player.sees()
    assert LEAVING in seen.text


async def test_it_waits_for_what_it_took(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    held, begun, real = asyncio.Event(), asyncio.Event(), server.service.handle

    async def handle(*given: Any) -> AsyncGenerator[Effect, None]:
        begun.set()
        await held.wait()
        async for effect in real(*given):
            yield effect

    monkeypatch.setattr(server.service, "handle", handle)
    player = DiscordPlayer(server.env, server.ada, server.channel, server.env.settle)
    saying = asyncio.create_task(player.says("leaderboard"))
    await asyncio.wait_for(begun.wait(), 5)
    leaving = asyncio.create_task(server.bot.leave(10))
    await asyncio.sleep(0.2)
    assert not leaving.done()
    held.set()
    await asyncio.wait_for(leaving, 5)
    await saying
    assert "Season" in [seen.text.splitlines()[0] for seen in await player.sees()]
