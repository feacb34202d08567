"""What people do in Slack: type a slash command, press a button, fill in a form, close it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tests.slack_stand_in.limits import check_view
from tests.slack_stand_in.methods import view_payload
from tests.slack_stand_in.world import Channel, File, Json, Message, Refused, ResponseUrl, User, View, inputs

if TYPE_CHECKING:
    from tests.slack_stand_in.server import StandIn

_BARE_LINK = re.compile(r"(?<![\w/.@])(?:https?://[^\s)'\",]+)")


class NotAcknowledged(Exception):
    """The person sees "operation_timeout" or "trouble connecting"."""


class WontSend(Exception):
    """Slack's own client keeps the person from sending it."""


class Person:
    """Somebody in the workspace."""

    def __init__(self, slack: StandIn, user: User) -> None:
        self.slack = slack
        self.user = user

    @property
    def id(self) -> str:
        return self.user.id

    # --- what is in front of them

    @property
    def view(self) -> View | None:
        return self.user.view

    @property
    def direct(self) -> Channel:
        return self.slack.world.direct(self.id)

    def messages(self) -> list[Message]:
        return self.slack.world.seen_by(self.user)

    def reads(self, text: str) -> Message | None:
        """The newest message in front of them that says ``text``."""
        return next((message for message in reversed(self.messages()) if text in message.reads()), None)

    async def sees(self, text: str) -> Message:
        """Wait until a message in front of them says ``text``."""
        message = await self.slack.until(lambda: self.reads(text))
        assert isinstance(message, Message)
        return message

    async def is_shown(self, text: str) -> View:
        """Wait until the view in front of them says ``text``."""
        view = await self.slack.until(lambda: self.view if self.view and text in self.view.reads() else None)
        assert isinstance(view, View)
        return view

    # --- what they do

    async def slash(self, channel: Channel, command: str, text: str = "", *, copies: int = 1) -> None:
        """Type ``command text`` in a channel."""
        payload = {
            "command": command,
            "text": mangled(text),
            "team_id": self.slack.world.team["id"],
            "team_domain": self.slack.world.team["domain"],
            "channel_id": channel.id,
            "channel_name": channel.name,
            "user_id": self.id,
            "user_name": self.user.name,
            "response_url": self._response_url(channel.id),
            "trigger_id": self.slack.world.trigger(self.id, channel.id),
        }
        await self.slack.dispatch("slash_commands", payload, copies=copies)

    async def press(self, where: Message | View, label: str, *, copies: int = 1) -> None:
        """Press the button ``label`` of a message or of a view."""
        blocks = where.blocks if isinstance(where, Message) else where.body["blocks"]
        block, button = _button(blocks, label)
        action = {
            "type": "button",
            "action_id": button.get("action_id", "anything"),
            "block_id": block.get("block_id", "anything"),
            "text": button["text"],
            "value": button.get("value", ""),
            "action_ts": self.slack.world.ts(),
        }
        payload = {"type": "block_actions", "actions": [action], **self._who(), **self._place(where)}
        await self.slack.dispatch("interactive", payload, copies=copies)

    async def submit(
        self,
        values: Mapping[str, str] | None = None,
        files: Mapping[str, bytes] | None = None,
        *,
        copies: int = 1,
        lag: float = 0,
    ) -> View:
        """Fill in the view in front of them, texts by the labels of their fields, and submit it.

        ``lag``: seconds Slack takes to act on the acknowledgement.
        """
        view = self.view
        assert view is not None, "no view is open"
        self._fill(view, dict(values or {}), dict(files or {}))
        told = await self.slack.dispatch("interactive", self._submission(view), copies=copies)
        await asyncio.sleep(lag)
        self._obey(view, told)
        await self.slack.changed()
        return view

    def _submission(self, view: View) -> Json:
        payload = view_payload(self.slack.world, view)
        trigger = self.slack.world.trigger(self.id, "", view.id)
        return {"type": "view_submission", "view": payload, "trigger_id": trigger, "response_urls": [], **self._who()}

    async def close(self) -> None:
        """Close the view in front of them."""
        view = self.user.stack.pop()
        await self._closed(view, cleared=False)

    async def _closed(self, view: View, *, cleared: bool) -> None:
        if view.body.get("notify_on_close"):
            payload = {"type": "view_closed", "view": view_payload(self.slack.world, view), "is_cleared": cleared}
            await self.slack.dispatch("interactive", payload | self._who())

    # ---

    def _fill(self, view: View, values: dict[str, str], files: dict[str, bytes]) -> None:
        for block in inputs(view.body):
            element, key = block["element"], (block["block_id"], block["element"]["action_id"])
            if element["type"] == "file_input":
                given = [self._file(name, content) for name, content in files.items()]
                if len(given) > element.get("max_files", 10):
                    raise WontSend("too many files")
                view.values[key] = {"type": "file_input", "files": given}
                continue
            kept = view.values.get(key, {}).get("value", element.get("initial_value"))
            text = values.pop(block["label"]["text"], kept)
            if text is not None and len(text) > element.get("max_length", 3_000):
                raise WontSend(f"{len(text)} characters are more than the field takes")
            if not text and not block.get("optional"):
                raise WontSend("Please complete this required field.")
            view.values[key] = {"type": "plain_text_input", "value": text or None}
        assert not values, f"no such field: {sorted(values)}"

    def _file(self, name: str, content: bytes) -> Json:
        file = File(f"F{self.slack.world.number():04d}", name, content)
        self.slack.world.files[file.id] = file
        url = f"{self.slack.url}/files/{file.id}"
        size = len(content)
        return {"id": file.id, "name": name, "size": size, "url_private": url, "url_private_download": url}

    def _obey(self, view: View, told: Json | None) -> None:
        """What the acknowledgement of a submission says happens to the view."""
        if view not in self.user.stack:
            return
        action = (told or {}).get("response_action")
        if action == "errors":
            assert told is not None
            known = {block["block_id"] for block in inputs(view.body)}
            if not told["errors"] or not set(told["errors"]) <= known:
                raise NotAcknowledged(f"errors on unknown blocks: {told['errors']}")
            view.errors = told["errors"]
        elif action in ("update", "push"):
            assert told is not None
            try:
                check_view(told["view"])
            except Refused as refused:
                raise NotAcknowledged(f"{refused.code} {refused.details}") from None
            if action == "push":
                self.slack.world.new_view(self.user, told["view"], push=True)
            else:
                self.slack.world.update_view(view, told["view"])
        elif action == "clear":
            self.user.stack.clear()
        else:
            self.user.stack.remove(view)

    def _who(self) -> Json:
        team = self.slack.world.team
        user = {"id": self.id, "username": self.user.name, "name": self.user.name, "team_id": team["id"]}
        return {"user": user, "team": {"id": team["id"], "domain": team["domain"]}, "api_app_id": "A1"}

    def _place(self, where: Message | View) -> Json:
        if isinstance(where, View):
            payload = view_payload(self.slack.world, where)
            trigger = self.slack.world.trigger(self.id, "", where.id)
            return {"container": {"type": "view", "view_id": where.id}, "view": payload, "trigger_id": trigger}
        channel = self.slack.world.channels[where.channel]
        container = {"type": "message", "message_ts": where.ts, "channel_id": channel.id}
        container["is_ephemeral"] = where.ephemeral_to is not None
        place: Json = {
            "container": container,
            "channel": {"id": channel.id, "name": channel.name},
            "trigger_id": self.slack.world.trigger(self.id, channel.id),
            "response_url": self._response_url(channel.id, where),
        }
        if where.ephemeral_to is None:
            place["message"] = {"ts": where.ts, "text": where.text, "blocks": where.blocks}
        return place

    def _response_url(self, channel: str, message: Message | None = None) -> str:
        name = f"R{self.slack.world.number():04d}"
        now = self.slack.clock.now()
        self.slack.world.response_urls[name] = ResponseUrl(self.id, channel, now, message)
        return f"{self.slack.url}/response/{name}"


def mangled(text: str) -> str:
    """What Slack makes of a text that was typed."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _BARE_LINK.sub(lambda found: f"<{found[0]}>", escaped)


def buttons(blocks: list[Json]) -> list[str]:
    """The labels of all buttons."""
    elements = [element for block in blocks if block["type"] == "actions" for element in block["elements"]]
    return [element["text"]["text"] for element in elements]


def _button(blocks: list[Json], label: str) -> tuple[Json, Json]:
    for block in blocks:
        for element in block.get("elements", []) if block["type"] == "actions" else []:
            if element["text"]["text"] == label:
                return block, element
    raise AssertionError(f"no button {label!r} among {buttons(blocks)}")


def fields(view: View) -> dict[str, Any]:
    """What stands in the fields of a view, by label."""
    found = {}
    for block in inputs(view.body):
        kept = view.values.get((block["block_id"], block["element"]["action_id"]), {})
        found[block["label"]["text"]] = kept.get("value", block["element"].get("initial_value"))
    return found
