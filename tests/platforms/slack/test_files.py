"""Files people send: read from Slack alone, and no further than they may be long."""

from __future__ import annotations

import pytest

from bot.core.commands import MAX_ARGUMENT
from bot.core.sizes import MAX_QUESTION_FILE
from bot.platforms.files import Unreadable
from bot.platforms.slack_chat.lookups import read_file
from bot.platforms.slack_chat.running import open_chat
from tests.slack_stand_in import File, StandIn


def kept(slack: StandIn, content: bytes, **told: object) -> dict[str, object]:
    slack.world.files["F1"] = File("F1", "answer.py", content)
    return {"id": "F1", "size": len(content), "url_private_download": f"{slack.url}/files/F1", **told}


@pytest.mark.parametrize(("verb", "most"), [("answer", MAX_ARGUMENT), ("upload", MAX_QUESTION_FILE)])
async def test_a_file_is_read_as_it_is(slack: StandIn, verb: str, most: int) -> None:
    content = "é\r\n" + "y" * (most - 4)
    async with open_chat("xoxb-right", slack.api) as chat:
        assert await read_file(chat.client, kept(slack, content.encode()), verb) == content


async def test_a_file_said_to_be_too_large_is_not_asked_for(slack: StandIn) -> None:
    async with open_chat("xoxb-right", slack.api) as chat:
        with pytest.raises(Unreadable, match="larger than"):
            await read_file(chat.client, kept(slack, b"x", size=MAX_ARGUMENT + 1), "answer")
    assert slack.called("download") == []


async def test_a_file_larger_than_it_is_said_to_be_is_refused(slack: StandIn) -> None:
    async with open_chat("xoxb-right", slack.api) as chat:
        with pytest.raises(Unreadable, match="larger than"):
            await read_file(chat.client, kept(slack, b"x" * (MAX_ARGUMENT + 1), size=1), "answer")


@pytest.mark.parametrize(
    "url", ["{thief}/files/F1", "https://files.slack.com.example.org/F1", "http://files.slack.com/F1", "file:///x", ""]
)
async def test_the_token_goes_to_slack_alone(slack: StandIn, url: str) -> None:
    async with StandIn() as thief, open_chat("xoxb-right", slack.api) as chat:
        thief.world.files["F1"] = File("F1", "answer.py", b"x")
        with pytest.raises(Unreadable, match="not kept by Slack"):
            await read_file(chat.client, {"size": 1, "url_private_download": url.format(thief=thief.url)}, "answer")
        assert thief.called("download") == []


async def test_without_the_scope_for_files_it_says_so_and_takes_no_page_for_an_answer(slack: StandIn) -> None:
    async with open_chat("xoxb-without-scope", slack.api) as chat:
        with pytest.raises(Unreadable, match="did not hand over"):
            await read_file(chat.client, kept(slack, b"x"), "answer")
