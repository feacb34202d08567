"""Slack over HTTP, on a real socket: what Slack signed is handled, and nothing else is looked at."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import time
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio
import structlog

from bot.clocks import host_time
from bot.listening import CannotListen
from bot.platforms.conversation import LEAVING, WrongToken
from bot.platforms.slack_chat.app import Chat
from bot.platforms.slack_chat.over_http import PATH, reachable
from bot.platforms.slack_chat.running import open_chat
from tests.platforms.slack.fake import FakeService
from tests.slack_stand_in import Channel, Person, Requests, StandIn
from tests.slack_stand_in.over_http import PATH as SLACKS_PATH

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
CODE = "def solve(x): return 'SECRETCODE'"


@pytest.fixture
def address() -> str:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{found.getsockname()[1]}"


@pytest_asyncio.fixture
async def chat(slack: StandIn, service: FakeService, address: str) -> AsyncIterator[Chat]:
    slack.requests = Requests(f"http://{address}", SECRET)
    async with (
        open_chat("xoxb-right", slack.api) as chat,
        reachable(service, chat, SECRET, address, host_time) as is_connected,
    ):
        assert is_connected()
        yield chat


@pytest.fixture
def requests(slack: StandIn, chat: Chat) -> Requests:
    assert slack.requests is not None
    return slack.requests


async def test_commands_buttons_and_forms_are_handled(
    slack: StandIn, chat: Chat, service: FakeService, ada: Person, general: Channel
) -> None:
    assert PATH == SLACKS_PATH
    await ada.slash(general, "/grad", "today")
    await ada.press(await ada.sees("The gradient of a square"), "Answer")
    await ada.is_shown("of the squares")
    view = await ada.submit({"Your answer": "unreadable"})
    assert "I could not read that." in view.errors.values()
    await ada.submit({"Your answer": CODE})
    await slack.until(lambda: service.stored)
    assert [*service.stored.values()] == [CODE]
    await ada.is_shown("Running your answer")
    assert not slack.called("apps.connections.open"), "no socket was asked for"


async def test_slack_is_answered_when_it_asks_whether_the_address_is_ours(requests: Requests) -> None:
    asked = json.dumps({"type": "url_verification", "challenge": "3eZbrw1aBm2rZgRNFdxV"})
    assert await requests.post(asked) == (200, json.dumps({"challenge": "3eZbrw1aBm2rZgRNFdxV"}))
    assert (await requests.post(asked, X_Slack_Signature="v0=" + "0" * 64))[0] == 401


def _unsigned(_slack: Requests, _body: str) -> dict[str, str]:
    return {"X_Slack_Signature": "", "X_Slack_Request_Timestamp": ""}


def _of_another(slack: Requests, body: str) -> dict[str, str]:
    at = str(int(time.time()))
    return {"X_Slack_Request_Timestamp": at, "X_Slack_Signature": Requests("", "another").signature(at, body)}


def _of_another_body(slack: Requests, body: str) -> dict[str, str]:
    at = str(int(time.time()))
    return {"X_Slack_Request_Timestamp": at, "X_Slack_Signature": slack.signature(at, body + "&user_id=U0ADMIN")}


def _replayed(slack: Requests, body: str) -> dict[str, str]:
    at = str(int(time.time()) - 301)
    return {"X_Slack_Request_Timestamp": at, "X_Slack_Signature": slack.signature(at, body)}


def _with_a_new_time(slack: Requests, body: str) -> dict[str, str]:
    at = int(time.time())
    return {"X_Slack_Request_Timestamp": str(at), "X_Slack_Signature": slack.signature(str(at - 301), body)}


def _with_other_letters(_slack: Requests, _body: str) -> dict[str, str]:
    return {"X_Slack_Signature": "v0=\u00e4"}


def _without_a_number(slack: Requests, body: str) -> dict[str, str]:
    return {"X_Slack_Request_Timestamp": "now", "X_Slack_Signature": slack.signature("now", body)}


def _as_it_is(_slack: Requests, _body: str) -> dict[str, str]:
    return {}


NO_UTF8 = "\udcff"
UNSIGNED = [
    _unsigned,
    _of_another,
    _of_another_body,
    _replayed,
    _with_a_new_time,
    _with_other_letters,
    _without_a_number,
]


@pytest.mark.parametrize(
    ("headers", "end"),
    [*((headers, "") for headers in UNSIGNED), (_of_another, NO_UTF8), (_as_it_is, NO_UTF8)],
    ids=[*(headers.__name__.strip("_") for headers in UNSIGNED), "no_utf8", "no_utf8_but_signed"],
)
async def test_what_slack_has_not_signed_just_now_is_refused_and_not_written_down(
    slack: StandIn,
    requests: Requests,
    service: FakeService,
    ada: Person,
    general: Channel,
    headers: object,
    end: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    await ada.slash(general, "/grad", f"answer {CODE}")
    await slack.until(lambda: service.stored)
    body = Requests.body(slack.envelopes[-1]).replace("trigger_id=", "trigger_id=another")
    assert "SECRETCODE" in body
    body += end
    with structlog.testing.capture_logs() as ours:
        for _ in range(3):
            assert await requests.post(body, **headers(requests, body)) == (401, "not signed by Slack\n")  # type: ignore[operator]
    await asyncio.sleep(0.1)
    assert len(service.handled) == 1
    assert [entry["log_level"] for entry in ours] == ["warning"], "once, whoever sends how much"
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert "SECRETCODE" not in caplog.text + str(ours)
    assert SECRET not in caplog.text + str(ours)


async def test_a_host_whose_clock_is_off_refuses_nothing_of_slacks(
    slack: StandIn, service: FakeService, ada: Person, general: Channel, address: str
) -> None:
    minutes = timedelta(minutes=7)
    slack.requests = Requests(f"http://{address}", SECRET, age=minutes.total_seconds())  # by this host's clock
    behind = lambda: host_time() - minutes  # noqa: E731
    async with (
        open_chat("xoxb-right", slack.api) as chat,
        reachable(service, chat, SECRET, address, behind),
    ):
        await ada.slash(general, "/grad", "leaderboard")
        await ada.sees("The board")


async def test_a_form_that_comes_while_it_leaves_stays_open_and_one_that_came_before_is_acknowledged(
    slack: StandIn, service: FakeService, ada: Person, general: Channel, address: str
) -> None:
    bob = slack.person("bob")
    slack.world.channels[general.id].members.update({bob.id})
    slack.requests = Requests(f"http://{address}", SECRET)
    async with open_chat("xoxb-right", slack.api) as chat:
        async with reachable(service, chat, SECRET, address, host_time) as is_connected:
            for person in (ada, bob):
                await person.slash(general, "/grad", "answer")
                await person.is_shown("of the squares")
            service.pause = 0.8
            sending = asyncio.create_task(ada.submit({"Your answer": CODE}))
            await asyncio.sleep(0.3)
            leaving = asyncio.create_task(chat.leave())
            await asyncio.sleep(0.1)
            assert not is_connected()
            refused = await bob.submit({"Your answer": "mine"})
            assert not leaving.done()
        assert (await sending).errors == {}
    assert list(refused.errors.values()) == [LEAVING]
    assert [*service.stored.values()] == [CODE]


async def test_an_address_that_is_taken_is_one_line(slack: StandIn, chat: Chat, address: str) -> None:
    async with open_chat("xoxb-right", slack.api) as another:
        with pytest.raises(CannotListen, match=r"^SLACK_HTTP is "):
            async with reachable(FakeService(), another, SECRET, address, host_time):
                pytest.fail("two listen at one port")


async def test_a_wrong_bot_token_is_named(slack: StandIn, address: str) -> None:
    async with open_chat("xoxb-wrong", slack.api) as chat:
        with pytest.raises(WrongToken, match="SLACK_BOT_TOKEN"):
            async with reachable(FakeService(), chat, SECRET, address, host_time):
                pytest.fail("it connected")
