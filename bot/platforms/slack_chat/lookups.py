"""What has to be asked of Slack before a command can be understood: who may, and what is in a file."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from bot.core.commands import most_bytes
from bot.platforms.files import Unreadable, refuse_larger, text_in
from bot.platforms.slack_chat.faults import calling

_TRUSTED_SECONDS = 60.0
_MOST_PEOPLE = 1_000
_FILE_SECONDS = 1.5


class Admins:
    """Who may run a workspace, as Slack says; remembered for at most a minute of ``seconds``."""

    def __init__(self, client: AsyncWebClient, seconds: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._seconds = seconds
        self._known: dict[str, tuple[float, bool]] = {}

    async def includes(self, user: str) -> bool:
        """Whether ``user`` is an admin or an owner, and no guest. Raises as :func:`.faults.calling` does."""
        at, known = self._known.get(user, (float("-inf"), False))
        if self._seconds() - at < _TRUSTED_SECONDS:
            return known
        with calling():
            answer = await self._client.users_info(user=user)
            told: Mapping[str, Any] = answer["user"]
        runs_it = bool(told.get("is_admin") or told.get("is_owner"))
        guest = bool(told.get("is_restricted") or told.get("is_ultra_restricted") or told.get("deleted"))
        if len(self._known) >= _MOST_PEOPLE:
            self._known.clear()
        self._known[user] = (self._seconds(), runs_it and not guest)
        return self._known[user][1]


async def read_file(client: AsyncWebClient, file: Mapping[str, Any], verb: str) -> str:
    """The text of a file somebody sent with ``verb``. Raises :class:`bot.platforms.files.Unreadable`."""
    url = str(file.get("url_private_download") or file.get("url_private") or "")
    if not _is_slacks(client, url):
        raise Unreadable("That file is not kept by Slack itself. Send it from your computer.")
    refuse_larger(int(file.get("size") or 0), verb)
    return text_in(await _download(client, url, most_bytes(verb)), verb)


def _is_slacks(client: AsyncWebClient, url: str) -> bool:
    """The token goes along with the request, so it must go to nobody else."""
    there, here = urlsplit(url), urlsplit(client.base_url)
    if (there.scheme, there.netloc) == (here.scheme, here.netloc):
        return True
    host = there.hostname or ""
    return there.scheme == "https" and (host == "slack.com" or host.endswith(".slack.com"))


async def _download(client: AsyncWebClient, url: str, most: int) -> bytes:
    """What is there; of more than ``most`` bytes, a little more than those."""
    sorry = "Slack did not hand over that file. Press Submit again; if it stays so, paste the text."
    assert client.session is not None
    headers = {"Authorization": f"Bearer {client.token}"}
    content = b""
    try:
        async with (
            asyncio.timeout(_FILE_SECONDS),
            client.session.get(url, headers=headers, allow_redirects=False) as answer,
        ):
            # Without the scope files:read Slack answers with a page to sign in at.
            if answer.status != 200 or answer.content_type == "text/html":
                raise Unreadable(sorry)
            while len(content) <= most and (chunk := await answer.content.read(most + 1)):
                content += chunk
    except (aiohttp.ClientError, TimeoutError, OSError):
        raise Unreadable(sorry) from None
    return content
