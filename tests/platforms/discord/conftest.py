from dataclasses import dataclass

import discord
import pytest
import simcord

from bot.platforms.conversation import Service
from bot.platforms.discord_chat.app import Bot, build
from tests.platforms.discord.service import FakeService


@dataclass
class Server:
    """A Discord server with our bot in it, somebody who learns, and somebody who runs it."""

    env: simcord.Env
    service: FakeService
    channel: simcord.ChannelHandle
    ada: simcord.MemberActor
    admin: simcord.MemberActor

    @property
    def bot(self) -> Bot:
        bot = self.env.bot
        assert isinstance(bot, Bot)
        return bot


@pytest.fixture
def service() -> FakeService:
    return FakeService()


@pytest.fixture
def simcord_bot(service: FakeService) -> Bot:
    return one_shard(service)


def one_shard(service: Service) -> Bot:
    """The bot as simcord takes it: nobody tells it how many shards there are."""
    bot = build(service)
    bot.shard_count = 1
    return bot


@pytest.fixture
def server(simcord_env: simcord.Env, service: FakeService) -> Server:
    guild = simcord_env.create_guild("Autograd")
    channel = guild.create_text_channel("daily")
    managers = guild.create_role("managers", permissions=discord.Permissions(manage_guild=True))
    ada = guild.add_member(simcord_env.create_user("ada", global_name="Ada L."))
    admin = guild.add_member(simcord_env.create_user("root"), roles=[managers])
    return Server(simcord_env, service, channel, ada, admin)
