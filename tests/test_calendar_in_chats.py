"""The calendar through Discord and Slack: set up in a form, posted when due, closed below the posting."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import discord
import pytest
import simcord

from bot.platforms.discord_chat.app import Bot, build
from bot.platforms.discord_chat.messenger import DiscordMessenger
from bot.platforms.slack_chat.running import connected, open_chat
from bot.store import open_store
from tests.players import Player, Seen
from tests.players.discord import DiscordPlayer
from tests.players.slack import SlackPlayer
from tests.slack_stand_in import StandIn
from tests.usecases.town import DOUBLE, WRONG, Town

DAY = timedelta(days=1)


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    """The service behind the chat: the real use cases on a SQLite file of their own, and a clock to turn."""
    store = await open_store(f"sqlite:///{tmp_path / 'calendar.db'}")
    town = Town(store)
    town.now = datetime(2026, 3, 9, 7, tzinfo=UTC)
    await town.asks(DOUBLE, replace(DOUBLE, id="double-next", title="Twice, again"))
    yield town
    await town.service.close()
    await store.close()


async def play(town: Town, ada: Player, admin: Player) -> list[Seen]:
    """Set up, answer the first question, and let the second one close it; what Ada saw in public then."""
    await admin.says("gradadmin setup")
    assert (await admin.form()).initial == "09:00 UTC weekdays rising"
    await admin.fills("09:00 Europe/Berlin weekdays rising")
    (done,) = await admin.sees()
    assert "Set up" in done.text
    assert await town.service.post_due() == 0
    town.now += timedelta(hours=1)
    assert await town.service.post_due() == 1
    (posting,) = await ada.sees()
    assert (posting.audience, "Twice the number" in posting.text) == ("public", True)
    await ada.presses("Answer")
    await ada.form()
    await ada.fills(WRONG)
    await ada.sees()
    town.now += DAY
    assert await town.service.post_due() == 1
    return [seen for seen in await ada.sees() if seen.audience == "public"]


def told(seen: list[Seen]) -> None:
    """How the first question went and why, and the second one; each once."""
    closings = [each.text for each in seen if "Closed: Twice the number" in each.text]
    assert len(closings) == 1
    assert "0 (0%)" in closings[0]
    assert "x + x = 2x." in closings[0]
    assert len([each for each in seen if each.text.startswith("Twice, again")]) == 1


@pytest.fixture
def simcord_bot(town: Town) -> Bot:
    bot = build(town.service)
    bot.shard_count = 1
    return bot


async def test_on_discord_a_day_begins_and_ends_by_the_calendar(town: Town, simcord_env: simcord.Env) -> None:
    guild = simcord_env.create_guild("Autograd")
    channel = guild.create_text_channel("daily")
    managers = guild.create_role("managers", permissions=discord.Permissions(manage_guild=True))
    people = [
        guild.add_member(simcord_env.create_user("ada")),
        guild.add_member(simcord_env.create_user("root"), roles=[managers]),
    ]
    messenger = DiscordMessenger(simcord_env.bot)

    async def settled() -> None:
        await simcord_env.settle()
        await town.settles()
        await town.service.deliver_due(messenger)

    ada, admin = (DiscordPlayer(simcord_env, person, channel, settled) for person in people)
    told(await play(town, ada, admin))
    (posting, closing) = (
        message
        for message in simcord_env.backend.messages[channel.id].values()
        if not message.flags & 64 and "Twice the number" in str(message.components)
    )
    sent = [entry.json for entry in simcord_env.http_requests if entry.method == "POST" and entry.json]
    references = [body["message_reference"] for body in sent if body.get("message_reference")]
    assert [int(reference["message_id"]) for reference in references] == [posting.id]
    assert closing.id != posting.id


async def test_on_slack_a_day_begins_and_ends_by_the_calendar(town: Town) -> None:
    async with (
        StandIn() as slack,
        open_chat("xoxb-right", slack.api) as chat,
        connected(town.service, chat, "xapp-right"),
    ):
        await slack.connected()

        async def settled() -> None:
            await chat.settle(5)
            await town.settles()
            await town.service.deliver_due(chat.messenger)

        people = slack.person("ada"), slack.person("root", is_admin=True)
        channel = slack.world.channel("general", *(person.user for person in people))
        ada, admin = (SlackPlayer(person, channel, settled) for person in people)
        told(await play(town, ada, admin))
        threads = {message.thread for message in channel.messages if "Closed: " in message.reads()}
        (posting,) = (message.ts for message in channel.messages if message.reads().startswith("Twice the number"))
        assert threads == {posting}
