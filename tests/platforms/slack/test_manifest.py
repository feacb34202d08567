"""The manifest asks for what the bot needs."""

from pathlib import Path

import yaml

from bot.platforms import slack_chat
from tests.slack_stand_in import StandIn

MANIFEST = yaml.safe_load(Path(slack_chat.__file__).with_name("manifest.yaml").read_text())


def test_both_roots_are_commands_that_slack_sends_as_they_were_typed() -> None:
    commands = MANIFEST["features"]["slash_commands"]
    assert [(command["command"], command["should_escape"]) for command in commands] == [
        ("/grad", False),
        ("/gradadmin", False),
    ]


def test_everything_the_stand_in_asks_a_scope_for_is_granted() -> None:
    assert StandIn().world.scopes <= set(MANIFEST["oauth_config"]["scopes"]["bot"])


def test_events_come_over_socket_mode_and_verdicts_can_be_read() -> None:
    assert MANIFEST["settings"]["socket_mode_enabled"]
    assert MANIFEST["settings"]["interactivity"]["is_enabled"]
    assert MANIFEST["features"]["app_home"]["messages_tab_enabled"]
