"""Tokens that are wrong say so in one line and are never printed; a broken line comes back by itself."""

from __future__ import annotations

import json
import logging

import pytest
import structlog

from bot.platforms.conversation import WrongToken
from bot.platforms.slack_chat.app import Chat
from bot.platforms.slack_chat.running import connected, open_chat, run
from bot.ports import TryLater
from tests.platforms.slack.fake import FakeService
from tests.slack_stand_in import Channel, Person, StandIn


@pytest.mark.parametrize(
    ("bot_token", "app_token", "name"),
    [
        ("xoxb-wrong-secret", "xapp-right", "SLACK_BOT_TOKEN"),
        ("xoxb-right", "xapp-wrong-secret", "SLACK_APP_TOKEN"),
        ("xapp-right-secret", "xoxb-right", "SLACK_BOT_TOKEN"),
        ("", "xapp-right", "SLACK_BOT_TOKEN"),
    ],
)
async def test_a_wrong_token_is_named_and_not_shown(
    slack: StandIn, caplog: pytest.LogCaptureFixture, bot_token: str, app_token: str, name: str
) -> None:
    caplog.set_level(logging.DEBUG)
    async with open_chat(bot_token, slack.api) as chat:
        with pytest.raises(WrongToken, match=name) as raised:
            await run(FakeService(), chat, app_token)
    assert "\n" not in str(raised.value)
    assert "secret" not in str(raised.value) + caplog.text


async def test_slack_out_of_reach_at_the_start_is_no_wrong_token() -> None:
    async with open_chat("xoxb-right", "http://127.0.0.1:9/api/") as chat:
        with pytest.raises(TryLater):
            await run(FakeService(), chat, "xapp-right")


async def test_a_socket_that_slack_renews_goes_on(
    slack: StandIn, chat: Chat, service: FakeService, ada: Person, general: Channel
) -> None:
    assert len(slack.called("apps.connections.open")) == 1
    await slack.disconnect()
    await slack.until(lambda: len(slack.called("apps.connections.open")) == 2)
    await slack.connected()
    await ada.slash(general, "/grad", "leaderboard")
    await ada.sees("The board")


@pytest.mark.parametrize("when", ["at the start", "later"])
async def test_a_socket_that_is_refused_is_asked_for_anew(
    slack: StandIn, service: FakeService, ada: Person, general: Channel, when: str
) -> None:
    if when == "at the start":
        slack.trouble("socket", status=503)
    async with open_chat("xoxb-right", slack.api) as chat, connected(service, chat, "xapp-right", ping_seconds=0.5):
        await slack.connected()
        if when == "later":
            slack.trouble("socket", status=503)
            await slack.hang_up()
            await slack.connected()
        await ada.slash(general, "/grad", "leaderboard")
        await ada.sees("The board")


async def test_no_token_reaches_the_log(
    slack: StandIn,
    service: FakeService,
    ada: Person,
    general: Channel,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    with structlog.testing.capture_logs(processors=[structlog.processors.format_exc_info]) as ours:
        await _fail(slack, service, ada, general)
    logged = json.dumps(ours) + caplog.text
    assert "Slack says invalid_blocks" in logged
    assert "xoxb-right" not in logged
    assert "xapp-right" not in logged


async def _fail(slack: StandIn, service: FakeService, ada: Person, general: Channel) -> None:
    async with open_chat("xoxb-right", slack.api) as chat, connected(service, chat, "xapp-right"):
        await slack.connected()
        slack.trouble("chat.postMessage", error="invalid_blocks")
        await ada.slash(general, "/grad", "answer x")
        await ada.sees("Something went wrong on our side")
