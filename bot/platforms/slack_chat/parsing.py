"""What Slack sends, as commands; nothing in it is trusted but who sent it, which Slack vouches for."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from bot.core.commands import ADMIN_ROOT, Command, parse
from bot.platforms.buttons import decode
from bot.platforms.slack_chat.forms import FIELD, FILE
from bot.platforms.slack_chat.messenger import PLATFORM
from bot.platforms.slack_chat.rendering import slot_of
from bot.usecases.visiting import Caller

_LINK = re.compile(r"<(?:(?:https?|ftp|mailto|tel):[^|<>]*\|([^<>]*)|((?:https?|ftp)://[^|<>]*)|mailto:([^|<>]*))>")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an event came from: what an answer to it needs.

    ``slot`` is that of the message or modal whose button was pressed; ``ts`` is empty where the message is ephemeral.
    """

    user: str
    channel: str
    trigger: str
    response_url: str = ""
    view: str = ""
    slot: str = ""
    ts: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """Something a person did. ``file`` is what Slack says of the file they sent with a form."""

    id: str
    caller: Caller
    command: Command
    origin: Origin
    file: Mapping[str, Any] | None = None


def slash(body: Mapping[str, Any]) -> Event:
    """A slash command."""
    command = parse(typed(str(body.get("text", ""))), admin=str(body["command"]).lower().lstrip("/") == ADMIN_ROOT)
    team = {"id": body["team_id"], "domain": body.get("team_domain", "")}
    user = {"id": body["user_id"], "name": body.get("user_name", "")}
    channel = str(body["channel_id"])
    origin = Origin(str(user["id"]), channel, str(body["trigger_id"]), str(body.get("response_url", "")))
    return Event(f"slash:{body['trigger_id']}", _caller(team, user, channel), command, origin)


def press(body: Mapping[str, Any]) -> Event:
    """A button. Raises :class:`bot.platforms.buttons.Outdated`."""
    return replace(placed(body), command=decode(str(body["actions"][0].get("value", ""))))


def placed(body: Mapping[str, Any]) -> Event:
    """Who pressed a button and where, whatever the button stands for."""
    action, view, container = body["actions"][0], body.get("view") or {}, body.get("container") or {}
    user = body["user"]
    channel = str((body.get("channel") or {}).get("id") or view.get("private_metadata", ""))
    origin = Origin(
        str(user["id"]),
        channel,
        str(body.get("trigger_id", "")),
        str(body.get("response_url", "")),
        str(view.get("id", "")),
        slot_of(str(action.get("block_id", ""))),
        "" if container.get("is_ephemeral") else str(container.get("message_ts", "")),
    )
    return Event(
        f"press:{user['id']}:{action['action_ts']}", _caller(_team(body), user, channel), Command("unknown"), origin
    )


def submission(body: Mapping[str, Any]) -> Event:
    """A form that was sent. Raises :class:`bot.platforms.buttons.Outdated`."""
    view, user = body["view"], body["user"]
    values = view["state"]["values"]
    text = str(values.get(FIELD, {}).get(FIELD, {}).get("value") or "")
    files = values.get(FILE, {}).get(FILE, {}).get("files") or []
    command = replace(decode(str(view.get("callback_id", ""))), argument=text)
    channel = str(view.get("private_metadata", ""))
    # The hash stays while a form is kept open by a refusal: with it alone, a mended text would count as a repeat.
    said = hashlib.sha256(f"{text}\0{[file.get('id') for file in files]}".encode()).hexdigest()[:20]
    origin = Origin(str(user["id"]), channel, str(body.get("trigger_id", "")), view=str(view["id"]))
    event_id = f"form:{view['id']}:{view.get('hash', '')}:{said}"
    return Event(event_id, _caller(_team(body), user, channel), command, origin, files[0] if files else None)


def _team(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """The workspace of whoever pressed or sent something; an app that a whole organization installed is told none."""
    return body.get("team") or {"id": body["user"]["team_id"]}


def _caller(team: Mapping[str, Any], user: Mapping[str, Any], channel: str) -> Caller:
    name = str(user.get("name") or user.get("username") or user["id"])
    team_id = str(team["id"])
    return Caller(PLATFORM, team_id, str(team.get("domain") or team_id), str(user["id"]), name, channel, "UTC")


def typed(text: str) -> str:
    """``text`` of a command as it was typed: Slack escapes three characters and makes links of what looks like one."""
    unlinked = _LINK.sub(lambda link: next(part for part in link.groups() if part is not None), text)
    return unlinked.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
