"""What Slack sends, where it sends less than usual."""

from __future__ import annotations

from typing import Any

from bot.core.commands import Command
from bot.platforms.slack_chat import parsing

WHO: dict[str, Any] = {"user": {"id": "U1", "team_id": "T1"}, "team": None, "enterprise": {"id": "E1"}}


def test_the_workspace_of_a_press_in_an_organization_is_that_of_who_pressed() -> None:
    pressed = parsing.press(WHO | {"actions": [{"value": "1:hint:7:", "action_ts": "1.2"}], "channel": {"id": "C1"}})
    assert (pressed.caller.community_id, pressed.caller.channel) == ("T1", "C1")
    assert pressed.command == Command("hint", "", 7)


def test_the_workspace_of_a_form_in_an_organization_is_that_of_who_sent_it() -> None:
    view = {"id": "V1", "callback_id": "1:answer:7:", "state": {"values": {"field": {"field": {"value": "4"}}}}}
    sent = parsing.submission(WHO | {"view": view})
    assert sent.caller.community_id == "T1"
    assert sent.command == Command("answer", "4", 7)
