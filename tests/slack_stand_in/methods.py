"""The methods of the Web API that a bot like ours calls."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.slack_stand_in.limits import check_message, check_view
from tests.slack_stand_in.world import Channel, File, Json, Message, Refused, User, View, World

Method = Callable[["Methods", Json], Json]


class Methods:
    """Each public method is ``area.name`` with an underscore for the dot."""

    def __init__(self, world: World, base: Callable[[], str]) -> None:
        self._world = world
        self._base = base

    def call(self, name: str, asked: Json) -> Json:
        method = getattr(self, name.replace(".", "_"), None)
        if method is None or name.startswith("_"):
            raise Refused("unknown_method")
        return {"ok": True, **method({key: _read(value) for key, value in asked.items()})}

    # --- people and places

    def auth_test(self, asked: Json) -> Json:
        team, bot = self._world.team, self._world.bot
        return {"team": team["name"], "team_id": team["id"], "user": bot.name, "user_id": bot.id, "bot_id": "B0BOT"}

    def users_info(self, asked: Json) -> Json:
        self._need("users:read")
        user = self._user(asked.get("user", ""))
        names = ("id", "name", "deleted", "is_admin", "is_owner", "is_restricted", "is_ultra_restricted")
        return {"user": {name: getattr(user, name) for name in names}}

    def conversations_open(self, asked: Json) -> Json:
        user = self._user(str(asked.get("users", "")))
        if user.deleted:
            raise Refused("user_disabled")
        return {"channel": {"id": self._world.direct(user.id).id}}

    def conversations_history(self, asked: Json) -> Json:
        channel = self._channel(asked)
        self._need("im:history" if channel.with_user else "channels:history")
        newest = [message for message in reversed(channel.messages) if not (message.ephemeral_to or message.thread)]
        told = newest[: int(asked.get("limit", 100))]
        return {"messages": [self._message(message, bool(asked.get("include_all_metadata"))) for message in told]}

    def conversations_replies(self, asked: Json) -> Json:
        channel = self._channel(asked)
        self._need("im:history" if channel.with_user else "channels:history")
        told = [message for message in channel.messages if asked["ts"] in (message.ts, message.thread)]
        if not told:
            raise Refused("thread_not_found")
        return {"messages": [self._message(message, bool(asked.get("include_all_metadata"))) for message in told]}

    # --- messages

    def chat_postMessage(self, asked: Json) -> Json:  # noqa: N802
        channel = self._channel(asked)
        return self._posted(self._post(channel, asked))

    def chat_postEphemeral(self, asked: Json) -> Json:  # noqa: N802
        channel = self._channel(asked)
        if asked.get("user") not in channel.members:
            raise Refused("user_not_in_channel")
        return {"message_ts": self._post(channel, asked, str(asked["user"])).ts}

    def chat_update(self, asked: Json) -> Json:
        channel = self._channel(asked)
        for message in channel.messages:
            if message.ts == asked.get("ts") and message.ephemeral_to is None:
                self.edit(message, asked)
                return self._posted(message)
        raise Refused("message_not_found")

    def edit(self, message: Message, asked: Json) -> None:
        check_message(asked.get("text") or "", asked.get("blocks") or [])
        message.history.append(message.reads())
        message.text, message.blocks = asked.get("text") or "", asked.get("blocks") or []
        message.metadata = asked.get("metadata") or message.metadata

    def _post(self, channel: Channel, asked: Json, ephemeral_to: str | None = None) -> Message:
        if channel.is_archived:
            raise Refused("is_archived")
        if self._world.bot.id not in channel.members:
            raise Refused("not_in_channel")
        return self.post(channel, asked, ephemeral_to)

    def post(self, channel: Channel, asked: Json, ephemeral_to: str | None = None) -> Message:
        text, blocks = asked.get("text") or "", asked.get("blocks") or []
        check_message(text, blocks)
        message = Message(channel.id, self._world.ts(), text, blocks, asked.get("metadata"), ephemeral_to)
        message.thread = asked.get("thread_ts") or ""
        channel.messages.append(message)
        return message

    def _posted(self, message: Message) -> Json:
        return {"channel": message.channel, "ts": message.ts, "message": self._message(message, with_metadata=True)}

    def _message(self, message: Message, with_metadata: bool) -> Json:
        told: Json = {"type": "message", "ts": message.ts, "user": self._world.bot.id, "bot_id": "B0BOT"}
        told |= {"text": message.text, "blocks": message.blocks}
        if with_metadata and message.metadata:
            told["metadata"] = message.metadata
        return told

    # --- views

    def views_open(self, asked: Json) -> Json:
        check_view(asked["view"])
        trigger = self._world.pull(asked.get("trigger_id", ""))
        return self._viewed(self._world.new_view(self._user(trigger.user), asked["view"], push=False))

    def views_push(self, asked: Json) -> Json:
        check_view(asked["view"])
        trigger = self._world.pull(asked.get("trigger_id", ""))
        user = self._user(trigger.user)
        if trigger.view is None or user.view is None:
            raise Refused("no_view")
        return self._viewed(self._world.new_view(user, asked["view"], push=True))

    def views_update(self, asked: Json) -> Json:
        check_view(asked["view"])
        view = self._world.open_view(asked.get("view_id", ""))
        if asked.get("hash", view.hash) != view.hash:
            raise Refused("hash_conflict")
        self._world.update_view(view, asked["view"])
        return self._viewed(view)

    def _viewed(self, view: View) -> Json:
        return {"view": view_payload(self._world, view)}

    # --- files

    def files_getUploadURLExternal(self, asked: Json) -> Json:  # noqa: N802
        self._need("files:write")
        if int(asked.get("length", 0)) < 1 or not asked.get("filename"):
            raise Refused("invalid_arguments")
        file = File(f"F{self._world.number():04d}", str(asked["filename"]), b"")
        self._world.files[file.id] = file
        return {"upload_url": f"{self._base()}/upload/{file.id}", "file_id": file.id}

    def files_completeUploadExternal(self, asked: Json) -> Json:  # noqa: N802
        self._need("files:write")
        files = [self._world.files[item["id"]] for item in asked["files"]]
        if asked.get("channel_id"):
            channel = self._channel({"channel": asked["channel_id"]})
            said = asked.get("initial_comment") or ""
            channel.messages.append(Message(channel.id, self._world.ts(), said, [], files=files))
        return {"files": [{"id": file.id, "title": file.name} for file in files]}

    # ---

    def _need(self, scope: str) -> None:
        if scope not in self._world.scopes:
            raise Refused("missing_scope")

    def _user(self, name: str) -> User:
        if name not in self._world.users:
            raise Refused("user_not_found")
        return self._world.users[name]

    def _channel(self, asked: Json) -> Channel:
        name = str(asked.get("channel", ""))
        if name in self._world.users:  # posting to a person is posting to their direct messages
            return self._world.direct(name)
        if name not in self._world.channels:
            raise Refused("channel_not_found")
        return self._world.channels[name]


def view_payload(world: World, view: View) -> Json:
    """A view as Slack hands it back, with the state of its inputs."""
    state: Json = {}
    for (block, action), value in view.values.items():
        state.setdefault(block, {})[action] = value
    told = {"private_metadata": "", "callback_id": "", **view.body}
    return {
        **told,
        "id": view.id,
        "team_id": world.team["id"],
        "hash": view.hash,
        "root_view_id": view.root,
        "previous_view_id": view.previous,
        "state": {"values": state},
    }


def _read(value: Any) -> Any:
    """Forms carry lists and objects as JSON."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value
