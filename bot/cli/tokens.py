"""What lets ``chainrule run`` into Discord and Slack."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pydantic import SecretStr

from bot.settings import Settings

NOTHING = (
    "There is nothing to connect to. Set DISCORD_TOKEN for Discord, SLACK_BOT_TOKEN and SLACK_APP_TOKEN for Slack, "
    "or chat here with: chainrule console. With docker compose each is a file, which is empty yet "
    "(DISCORD_TOKEN_FILE and so on name them; see docs/deploy.md)."
)
HALF_OF_SLACK = "Slack needs both SLACK_BOT_TOKEN (xoxb-…) and SLACK_APP_TOKEN (xapp-…); set the one that is missing."
HALF_OF_HTTP = (
    "Slack over HTTP needs SLACK_BOT_TOKEN, SLACK_SIGNING_SECRET and SLACK_HTTP, and no SLACK_APP_TOKEN, which is for "
    "Socket Mode; set or unset what differs."
)
MISPLACED = (
    "{name} is another one of Slack's tokens: SLACK_BOT_TOKEN is the one that begins with xoxb-, SLACK_APP_TOKEN the "
    "one that begins with xapp-."
)
UNSENDABLE = "{name} holds a character that no token has, such as a space or a line break. Copy the token anew."


class CannotRun(Exception):
    """The bot cannot start; the message says what to do about it."""


@dataclass(frozen=True, slots=True)
class SlackEntry:
    """Socket Mode where there is an ``app_token``; else events come to ``address``, signed with ``secret``."""

    bot_token: str
    app_token: str
    secret: str
    address: str


def discord_token(settings: Settings) -> str:
    """The token of the Discord bot; empty without one. Raises :class:`CannotRun`."""
    return _token("DISCORD_TOKEN", settings.discord_token)


def slack_entry(settings: Settings) -> SlackEntry | None:
    """The way into Slack; ``None`` without one. Raises :class:`CannotRun`."""
    bot, app, secret = (
        _token("SLACK_BOT_TOKEN", settings.slack_bot_token),
        _token("SLACK_APP_TOKEN", settings.slack_app_token),
        _token("SLACK_SIGNING_SECRET", settings.slack_signing_secret),
    )
    for name, token, others in (("SLACK_BOT_TOKEN", bot, "xapp-"), ("SLACK_APP_TOKEN", app, "xoxb-")):
        if token.startswith(others):
            raise CannotRun(MISPLACED.format(name=name))
    address = settings.slack_http
    if secret or address:
        if app or not (bot and secret and address):
            raise CannotRun(HALF_OF_HTTP)
    elif bool(bot) != bool(app):
        raise CannotRun(HALF_OF_SLACK)
    return SlackEntry(bot, app, secret, address) if bot else None


def _token(name: str, secret: SecretStr) -> str:
    """The token in the variable ``name``, without the line end that a file of secrets leaves on it."""
    token = secret.get_secret_value().strip()
    if not re.fullmatch("[!-~]*", token):
        raise CannotRun(UNSENDABLE.format(name=name))  # before a library that cannot send it repeats it
    return token
