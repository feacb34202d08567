"""Slack's events as signed HTTP requests instead of envelopes on a socket."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from dataclasses import dataclass
from urllib.parse import urlencode

import aiohttp

from tests.slack_stand_in.people import NotAcknowledged
from tests.slack_stand_in.world import Json

PATH = "/slack/events"


@dataclass
class Requests:
    """Where the app takes its events, and what Slack signs them with; ``age`` is how many seconds late they come."""

    url: str
    secret: str
    age: float = 0

    async def send(self, envelope: Json, seconds: float) -> Json | None:
        """Send what an envelope holds; what the acknowledgement said."""
        status, text = await self.post(self.body(envelope), seconds)
        if status != 200:
            raise NotAcknowledged(f"{status} {text}")
        return json.loads(text) if text.startswith("{") else None

    async def post(self, body: str, seconds: float = 3, **headers: str) -> tuple[int, str]:
        """Send a body with its signature, and ``headers`` in place of ours; a lone surrogate in it is a byte."""
        kind = "application/json" if body.startswith("{") else "application/x-www-form-urlencoded"
        at = str(int(time.time() - self.age))
        signed = {"X-Slack-Request-Timestamp": at, "X-Slack-Signature": self.signature(at, body), "Content-Type": kind}
        signed |= {name.replace("_", "-"): value for name, value in headers.items()}
        timeout = aiohttp.ClientTimeout(total=seconds)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout) as session,
                session.post(self.url + PATH, data=_bytes(body), headers=signed) as answer,
            ):
                return answer.status, await answer.text()
        except (TimeoutError, aiohttp.ClientError) as fault:
            raise NotAcknowledged(repr(fault)) from None

    def signature(self, at: str, body: str) -> str:
        """As Slack's documentation has it, computed without its library."""
        return "v0=" + hmac.new(self.secret.encode(), _bytes(f"v0:{at}:{body}"), hashlib.sha256).hexdigest()

    @staticmethod
    def body(envelope: Json) -> str:
        """What is sent instead of an envelope."""
        match envelope:
            case {"type": "slash_commands", "payload": payload}:
                return urlencode(payload)
            case {"type": "interactive", "payload": payload}:
                return urlencode({"payload": json.dumps(payload)})
        return json.dumps(envelope["payload"])


def _bytes(text: str) -> bytes:
    return text.encode(errors="surrogateescape")
