"""The real bolt app over real sockets, against the stand-in."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from bot.platforms.slack_chat.app import Chat
from bot.platforms.slack_chat.running import connected, open_chat
from tests.platforms.slack.fake import FakeService
from tests.slack_stand_in import Channel, Person, StandIn


@pytest_asyncio.fixture
async def slack() -> AsyncIterator[StandIn]:
    async with StandIn() as stand_in:
        yield stand_in


@pytest_asyncio.fixture
async def service() -> FakeService:
    return FakeService()


@pytest_asyncio.fixture
async def chat(slack: StandIn, service: FakeService) -> AsyncIterator[Chat]:
    async with open_chat("xoxb-right", slack.api) as chat, connected(service, chat, "xapp-right"):
        await slack.connected()
        yield chat


@pytest_asyncio.fixture
async def ada(slack: StandIn) -> Person:
    return slack.person("ada")


@pytest_asyncio.fixture
async def general(slack: StandIn, ada: Person) -> Channel:
    return slack.world.channel("general", ada.user)
