"""What the pages on Discord and Slack promise: every verb, the permissions that are needed, every way it can end."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import discord
import pytest
import yaml
from slack_sdk.web.async_client import AsyncWebClient

from bot.cli.tokens import HALF_OF_HTTP, HALF_OF_SLACK, MISPLACED, NOTHING, UNSENDABLE
from bot.core.commands import ADMIN_ROOT, VERBS
from bot.platforms import slack_chat
from bot.platforms.discord_chat.app import _REFUSED
from bot.platforms.slack_chat.running import _APP_REFUSED, _BOT_REFUSED

ROOT = Path(__file__).parents[1]
ADAPTER = Path(slack_chat.__file__).parent
MANIFEST = yaml.safe_load((ADAPTER / "manifest.yaml").read_text())
PAGES = {name: (ROOT / f"docs/{name}.md").read_text() for name in ("discord", "slack")}

SCOPES = {
    "apps_connections_open": (),  # with the app-level token
    "auth_test": (),
    "chat_postEphemeral": ("chat:write",),
    "chat_postMessage": ("chat:write",),
    "chat_update": ("chat:write",),
    "conversations_history": ("channels:history", "groups:history", "im:history"),
    "conversations_open": ("im:write",),
    "conversations_replies": ("channels:history", "groups:history", "im:history"),
    "files_upload_v2": ("files:write",),
    "users_info": ("users:read",),
    "views_open": (),
    "views_push": (),
    "views_update": (),
}
"""Methods of Slack's Web API with the scopes a bot token needs for them, as Slack's reference has it."""
NO_METHODS = {"commands", "files:read"}
"""For slash commands, and for the file field of a form with the addresses of what was put into it."""

ENDS = {
    "discord": [
        NOTHING,
        UNSENDABLE.format(name="DISCORD_TOKEN"),
        _REFUSED,
        "Discord refused the intents of this bot",
        "Discord cannot be reached (ClientConnectorError)",
        "Discord answers 503",
        "Discord refuses: (0)",
        "Strangers' code runs in Docker or not at all, and",
        HALF_OF_SLACK,
        "Something went wrong on our side.",
    ],
    "slack": [
        NOTHING,
        MISPLACED.format(name="SLACK_BOT_TOKEN"),
        HALF_OF_HTTP,
        HALF_OF_SLACK,
        UNSENDABLE.format(name="SLACK_BOT_TOKEN"),
        UNSENDABLE.format(name="SLACK_APP_TOKEN"),
        _BOT_REFUSED,
        _APP_REFUSED,
        "Slack cannot be reached: ClientConnectorError",
        "Slack answered with status 503",
        "Slack says internal_error",
        "Slack asks us to slow down",
        "Strangers' code runs in Docker or not at all, and",
        "Something went wrong on our side.",
    ],
}


def called() -> Iterator[str]:
    """The methods of the Web API the adapter calls, on whatever is called a client."""
    trees = (ast.parse(path.read_text()) for path in ADAPTER.glob("*.py"))
    for node in (node for tree in trees for node in ast.walk(tree)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value
            owner_name = owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "")
            if "client" in owner_name and node.func.attr in vars(AsyncWebClient):
                yield node.func.attr


def test_the_manifest_asks_for_the_scopes_its_methods_need_and_for_no_other() -> None:
    assert set(called()) == SCOPES.keys()
    assert '"file_input"' in (ADAPTER / "forms.py").read_text()
    asked = MANIFEST["oauth_config"]["scopes"]["bot"]
    assert sorted(asked) == sorted(NO_METHODS.union(*SCOPES.values()))
    assert MANIFEST["oauth_config"]["scopes"].keys() == {"bot"}


def test_the_manifest_names_both_roots_and_wants_no_messages() -> None:
    assert {command["command"] for command in MANIFEST["features"]["slash_commands"]} == {"/grad", f"/{ADMIN_ROOT}"}
    assert MANIFEST["settings"]["event_subscriptions"] == {"bot_events": ["app_uninstalled", "tokens_revoked"]}


def test_every_scope_is_explained_and_no_other() -> None:
    table = PAGES["slack"].partition("| scope |")[2].partition("\n\n")[0]
    assert set(re.findall(r"`([a-z]+(?::[a-z]+)?)`", table)) == set(MANIFEST["oauth_config"]["scopes"]["bot"])


def test_the_invitation_to_discord_asks_for_the_permissions_that_are_explained() -> None:
    page = PAGES["discord"]
    (asked,) = re.findall(r"permissions=(\d+)`", page)
    table = page.partition("| permission |")[2].partition("\n\n")[0]
    explained = re.findall(r"^\| ([A-Z][\w ]+) \|", table, flags=re.MULTILINE)
    named = [name.lower().replace(" ", "_").replace("view_channels", "view_channel") for name in explained]
    assert discord.Permissions(int(asked)) == discord.Permissions(**dict.fromkeys(named, True))
    assert "&scope=bot+applications.commands&" in page


@pytest.mark.parametrize("page", PAGES)
def test_every_verb_that_can_be_said_is_named_and_no_other(page: str) -> None:
    said = {f"/{ADMIN_ROOT} {verb.words}" if verb.admin else f"/grad {verb.name}" for verb in VERBS.values()}
    hidden = {f"/{ADMIN_ROOT} {verb.words}" for verb in VERBS.values() if verb.hidden}
    table = PAGES[page].partition("| say |")[2].partition("\n\n")[0]
    assert set(re.findall(r"`(/[a-z -]+)`", table)) == said - hidden


@pytest.mark.parametrize("page", PAGES)
def test_every_line_it_can_end_with_is_explained_and_no_other(page: str) -> None:
    explained = re.findall(r"^\| `([^`]+)…` \|", PAGES[page], flags=re.MULTILINE)
    assert [line for line in ENDS[page] if not line.startswith(tuple(explained))] == []
    assert [start for start in explained if not any(line.startswith(start) for line in ENDS[page])] == []
