"""What Slack remembers: people, channels, messages, views, files, triggers."""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]
TRIGGER_SECONDS = 3
RESPONSE_URL_SECONDS, RESPONSE_URL_USES = 30 * 60, 5
MAX_STACK = 3


class Refused(Exception):
    """What the Web API answers as ``{"ok": false, "error": code}``."""

    def __init__(self, code: str, *details: str) -> None:
        super().__init__(code)
        self.code = code
        self.details = details


class Clock:
    """The real time, moved on by whoever cannot wait."""

    def __init__(self) -> None:
        self._ahead = 0.0

    def now(self) -> float:
        return time.time() + self._ahead

    def advance(self, seconds: float) -> None:
        self._ahead += seconds


@dataclass
class User:
    id: str
    name: str
    is_admin: bool = False
    is_owner: bool = False
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    deleted: bool = False
    stack: list[View] = field(default_factory=list)

    @property
    def view(self) -> View | None:
        """What is open in front of them."""
        return self.stack[-1] if self.stack else None


@dataclass
class Message:
    channel: str
    ts: str
    text: str
    blocks: list[Json]
    metadata: Json | None = None
    ephemeral_to: str | None = None
    files: list[File] = field(default_factory=list)
    history: list[str] = field(default_factory=list)
    thread: str = ""

    def reads(self) -> str:
        """Everything somebody reads in it."""
        shown = reading(self.blocks) if self.blocks else self.text
        return "\n".join([shown, *(f"[file {file.name}]" for file in self.files)])


@dataclass
class Channel:
    id: str
    name: str
    members: set[str] = field(default_factory=set)
    is_archived: bool = False
    with_user: str = ""
    messages: list[Message] = field(default_factory=list)


@dataclass
class View:
    id: str
    user: str
    body: Json
    hash: str
    root: str
    previous: str | None = None
    values: dict[tuple[str, str], Any] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    history: list[Json] = field(default_factory=list)

    @property
    def title(self) -> str:
        return str(self.body["title"]["text"])

    def reads(self) -> str:
        return f"{self.title}\n{reading(self.body['blocks'])}"


@dataclass
class File:
    id: str
    name: str
    content: bytes
    channel: str = ""


@dataclass
class Trigger:
    user: str
    channel: str
    at: float
    view: str | None = None
    used: bool = False


@dataclass
class ResponseUrl:
    user: str
    channel: str
    at: float
    message: Message | None = None
    uses: int = 0


class World:
    """One workspace with the app installed."""

    def __init__(self, clock: Clock, bot_token: str, app_token: str) -> None:
        self.clock = clock
        self.bot_token, self.app_token = bot_token, app_token
        self.team = {"id": "T0001", "name": "Study group", "domain": "study-group"}
        self.bot = User("U0BOT", "chainrule")
        self.scopes = {"channels:history", "im:history", "users:read", "files:read", "files:write", "chat:write"}
        self.users: dict[str, User] = {}
        self.channels: dict[str, Channel] = {}
        self.views: dict[str, View] = {}
        self.files: dict[str, File] = {}
        self.triggers: dict[str, Trigger] = {}
        self.response_urls: dict[str, ResponseUrl] = {}
        self._numbers = itertools.count(1)

    def number(self) -> int:
        return next(self._numbers)

    def ts(self) -> str:
        return f"{int(self.clock.now())}.{self.number():06d}"

    def channel(self, name: str, *members: User, bot: bool = True) -> Channel:
        channel = Channel(f"C{self.number():04d}", name, {user.id for user in members})
        channel.members |= {self.bot.id} if bot else set()
        self.channels[channel.id] = channel
        return channel

    def direct(self, user: str) -> Channel:
        """The direct messages between the app and a user."""
        for channel in self.channels.values():
            if channel.with_user == user:
                return channel
        channel = Channel(f"D{self.number():04d}", "directmessage", {user, self.bot.id}, with_user=user)
        self.channels[channel.id] = channel
        return channel

    def trigger(self, user: str, channel: str, view: str | None = None) -> str:
        name = f"{self.number()}.{self.number()}.abcdef"
        self.triggers[name] = Trigger(user, channel, self.clock.now(), view)
        return name

    def pull(self, name: str) -> Trigger:
        trigger = self.triggers.get(name)
        if trigger is None:
            raise Refused("invalid_trigger_id")
        if trigger.used:
            raise Refused("exchanged_trigger_id")
        if self.clock.now() - trigger.at > TRIGGER_SECONDS:
            raise Refused("expired_trigger_id")
        trigger.used = True
        return trigger

    def seen_by(self, user: User) -> list[Message]:
        """Messages in front of ``user``, oldest first: of their channels and direct ones, and their ephemeral ones."""
        seen = [
            message
            for channel in self.channels.values()
            if user.id in channel.members
            for message in channel.messages
            if message.ephemeral_to in (None, user.id)
        ]
        return sorted(seen, key=lambda message: message.ts.partition(".")[2])

    def new_view(self, user: User, body: Json, *, push: bool) -> View:
        below = user.view if push else None
        if push and len(user.stack) >= MAX_STACK:
            raise Refused("push_limit_reached")
        name = f"V{self.number():04d}"
        view = View(name, user.id, body, self.hash(), below.root if below else name, below.id if below else None)
        if not push:
            self.clear(user)
        user.stack.append(view)
        self.views[name] = view
        return view

    def hash(self) -> str:
        return f"{int(self.clock.now())}.{self.number()}"

    def update_view(self, view: View, body: Json) -> None:
        view.history.append(view.body)
        view.body, view.hash, view.errors = body, self.hash(), {}
        kept = {(block["block_id"], block["element"]["action_id"]) for block in inputs(body)}
        view.values = {key: value for key, value in view.values.items() if key in kept}

    def open_view(self, name: str) -> View:
        view = self.views.get(name)
        if view is None or view not in self.users[view.user].stack:
            raise Refused("not_found")
        return view

    def clear(self, user: User) -> list[View]:
        closed, user.stack = user.stack, []
        return closed


def inputs(body: Json) -> list[Json]:
    return [block for block in body["blocks"] if block["type"] == "input"]


def reading(node: Any) -> str:
    """The text of blocks as somebody reads it, a line for each block, row and list item."""
    lines = [_line(block) for block in node]
    return "\n".join(line for line in lines if line)


def _line(block: Json) -> str:
    kind = block["type"]
    if kind in ("header", "section"):
        fields = [_shown(field) for field in block.get("fields", [])]
        return "\n".join([*([_shown(block["text"])] if "text" in block else []), *fields])
    if kind == "context":
        return " ".join(_shown(element) for element in block["elements"])
    if kind == "actions":
        return " ".join(f"[{element['text']['text']}]" for element in block["elements"])
    if kind == "input":
        initial = block["element"].get("initial_value", "")
        return f"{block['label']['text']}: {initial}".rstrip()
    if kind == "rich_text":
        return "\n".join(_rich(element) for element in block["elements"])
    return ""


def _shown(text: Json) -> str:
    said = str(text["text"])
    if text["type"] == "mrkdwn":
        return said.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    return said


def _rich(element: Json) -> str:
    if element["type"] == "rich_text_list":
        return "\n".join(f"- {_rich(item)}" for item in element["elements"])
    return "".join(part.get("text") or part.get("url", "") for part in element["elements"])


def mentions(node: Any) -> list[str]:
    """Whatever in blocks or in the text of a message would notify or link somebody."""
    if isinstance(node, str):
        return [part for part in ("<!", "<@", "<#", "<http") if part in node]
    if isinstance(node, list):
        return [found for item in node for found in mentions(item)]
    if not isinstance(node, dict):
        return []
    if node.get("type") in ("user", "usergroup", "channel", "broadcast", "link"):
        return [node["type"]]
    if node.get("type") == "mrkdwn":
        return mentions(node["text"])
    return [found for value in node.values() if isinstance(value, dict | list) for found in mentions(value)]
