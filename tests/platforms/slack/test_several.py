"""Several processes of one app over Socket Mode: Slack gives each event to one of their connections."""

from __future__ import annotations

import asyncio

from bot.platforms.conversation import LEAVING
from bot.platforms.slack_chat.running import connected, open_chat
from tests.platforms.slack.fake import FakeService
from tests.slack_stand_in import Channel, Person, StandIn


async def test_two_processes_have_a_connection_each_and_an_event_is_handled_once(
    slack: StandIn, ada: Person, general: Channel
) -> None:
    first, second = FakeService(), FakeService()
    async with open_chat("xoxb-right", slack.api) as one, open_chat("xoxb-right", slack.api) as other:
        async with connected(first, one, "xapp-right"):
            async with connected(second, other, "xapp-right") as is_connected:
                await slack.until(lambda: slack.connections == 2)
                assert is_connected()
                for number in range(6):
                    await ada.slash(general, "/grad", f"leaderboard {number}")
                await slack.until(lambda: len(first.handled) + len(second.handled) >= 6)
                assert sorted(command.argument for command in first.commands + second.commands) == list("012345")
                assert (len(first.handled), len(second.handled)) == (3, 3)
            await slack.until(lambda: slack.connections == 1)
            for number in range(6, 9):  # the one that is left takes all
                await ada.slash(general, "/grad", f"leaderboard {number}")
            await slack.until(lambda: len(first.handled) >= 6)
        assert (len(first.handled), len(second.handled)) == (6, 3)


async def test_a_process_that_leaves_acknowledges_what_it_took_and_takes_nothing_new(
    slack: StandIn, ada: Person, general: Channel, service: FakeService
) -> None:
    async with open_chat("xoxb-right", slack.api) as chat:
        async with connected(service, chat, "xapp-right") as is_connected:
            await slack.connected()
            await ada.slash(general, "/grad", "answer")
            await ada.is_shown("of the squares")
            service.pause = 0.8
            sending = asyncio.create_task(ada.submit({"Your answer": "x * 2"}))
            await asyncio.sleep(0.3)
            leaving = asyncio.create_task(chat.leave())
            await asyncio.sleep(0.1)
            await ada.slash(general, "/grad", "hint")
            await ada.sees(LEAVING)
            assert not leaving.done()
        view = await sending  # the socket was closed after this was acknowledged, not before
        assert not is_connected()
    assert view.errors == {}
    assert [*service.stored.values()] == ["x * 2"]
    assert [command.verb for command in service.commands] == ["answer", "answer"]
