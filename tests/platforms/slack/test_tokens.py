"""Tokens that are wrong say so in one line and are never printed; a broken line comes back by itself."""

from __future__ import annotations

import json
import logging
import re

import pytest
import structlog

from bot.platforms.conversation import WrongToken
from bot.platforms.slack_chat.app import Chat
from bot.platforms.slack_chat.running import connected, open_chat
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
            async with connected(FakeService(), chat, app_token):
                pytest.fail("it connected")
    assert "\n" not in str(raised.value)
    assert "secret" not in str(raised.value) + caplog.text


async def test_slack_out_of_reach_at_the_start_is_no_wrong_token() -> None:
    async with open_chat("xoxb-right", "http://127.0.0.1:9/api/") as chat:
        with pytest.raises(TryLater):
            async with connected(FakeService(), chat, "xapp-right"):
                pytest.fail("it connected")


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


async def test_nothing_that_lets_one_in_and_nothing_people_send_reaches_the_log_at_any_level(
    slack: StandIn, service: FakeService, ada: Person, general: Channel, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    slack.trouble("socket", status=503)
    async with open_chat("xoxb-right", slack.api) as chat, connected(service, chat, "xapp-right", ping_seconds=0.5):
        await slack.connected()
        await ada.slash(general, "/grad", "answer SECRETCODE")
        await ada.sees("Running your answer")
        await ada.slash(general, "/grad", "answer")
        await ada.is_shown("of the squares")
        await ada.submit({"Your answer": "SECRETFORM"})
        await slack.until(lambda: len(service.stored) == 2)
    # The stand-in logs what it is asked by an aiohttp of its own.
    ours = [record for record in caplog.records if record.name != "aiohttp.access"]
    logged = "\n".join(map(logging.Formatter().format, ours))
    assert "Failed to connect" in logged
    capabilities = [*slack.world.triggers, *(f"/response/{name}" for name in slack.world.response_urls)]
    assert len(capabilities) >= 5
    assert [secret for secret in ("SECRETCODE", "SECRETFORM", *capabilities) if secret in logged] == []
    assert set(re.findall("ticket=.", logged)) == {"ticket=…"}


async def _fail(slack: StandIn, service: FakeService, ada: Person, general: Channel) -> None:
    async with open_chat("xoxb-right", slack.api) as chat, connected(service, chat, "xapp-right"):
        await slack.connected()
        slack.trouble("response_url", status=404)
        for method in ("chat.postEphemeral", "chat.postMessage"):
            slack.trouble(method, error="invalid_blocks")
        await ada.slash(general, "/grad", "leaderboard")
        await ada.sees("Something went wrong on our side")
