"""Discord's errors in our own terms."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import aiohttp
import discord
import structlog

from bot.ports import TryLater, Undeliverable

_log = structlog.get_logger()
_PAUSE = 5.0  # seconds to wait where Discord does not say for how long; the library has tried again by itself before

GONE = frozenset({10008, 10015, 10062, 40060, 50027})
"""Codes of: unknown message, webhook or interaction; answered already; invalid token. The reply has no place left."""


UNKNOWN_MESSAGE = 10008
_OUT_OF_REACH = frozenset({50083, 50278, 160005, 200000})
"""Codes of: archived or locked thread; nobody we share a server with; kept back by a server's own rules."""
_TOO_OFTEN = 30046
"""Code of: an old message was edited too often for now."""


@contextlib.contextmanager
def unless_gone(doing: str) -> Iterator[None]:
    """Do what is inside, unless the interaction it answers is over: that is only logged."""
    try:
        yield
    except discord.HTTPException as error:
        if error.code not in GONE:
            raise
        _log.warning("an interaction was over before we answered", doing=doing, code=error.code)


def _pause(error: discord.HTTPException) -> float:
    said = str(error.response.headers.get("Retry-After", ""))
    return float(said) if said.isdecimal() else _PAUSE


@contextlib.contextmanager
def translated() -> Iterator[None]:
    """Raises :class:`bot.ports.TryLater` or :class:`bot.ports.Undeliverable` in place of Discord's own errors.

    What Discord refuses for any other reason is a fault of ours, and stays as it is.
    """
    try:
        yield
    except discord.RateLimited as error:
        raise TryLater("Discord asks us to wait", error.retry_after) from error
    except discord.HTTPException as error:
        if error.status == 429 or error.status >= 500 or error.code == _TOO_OFTEN:
            raise TryLater(f"Discord answers {error.status}", _pause(error)) from error
        if error.status in {403, 404} or error.code in _OUT_OF_REACH:
            raise Undeliverable(f"Discord refuses: {error.text or error.status} ({error.code})") from error
        raise
    except (aiohttp.ClientError, OSError) as error:
        # Only its kind: the text may repeat an address with a token in it.
        raise TryLater(f"Discord cannot be reached ({type(error).__name__})") from error
