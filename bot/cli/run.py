"""``chainrule run``: the bot on Discord, on Slack, or on both."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator
from typing import Any

from pydantic import SecretStr

from bot.platforms.conversation import WrongToken
from bot.ports import TryLater, Undeliverable
from bot.settings import Settings
from bot.usecases.service import Service
from bot.wiring import is_queued, open_service
from sandbox.docker_cell import engine_status

_NOTHING = (
    "There is nothing to connect to. Set DISCORD_TOKEN for Discord, SLACK_BOT_TOKEN and SLACK_APP_TOKEN for Slack, "
    "or chat here with: chainrule console"
)
_HALF_OF_SLACK = "Slack needs both SLACK_BOT_TOKEN (xoxb-…) and SLACK_APP_TOKEN (xapp-…); set the one that is missing."
_UNSENDABLE = "{name} holds a character that no token has, such as a space or a line break. Copy the token anew."
_AGAIN = "Start again in a moment; if it stays so, see whether this machine has a way to the internet."
LOUD = (
    "*** WITHOUT DOCKER: strangers' code may run in a local cell, because CHAINRULE_STRANGERS_CODE_WITHOUT_DOCKER "
    "says so ***"
)


class CannotRun(Exception):
    """The bot cannot start; the message says what to do about it."""


async def run(settings: Settings, tell: Callable[[str], None]) -> int:
    """Serve every platform there is a token for, until cancelled.

    Raises :class:`CannotRun`, and whatever :func:`bot.wiring.open_service` raises.
    """
    discord_token, slack_tokens = _token("DISCORD_TOKEN", settings.discord_token), _slack_tokens(settings)
    if not (discord_token or slack_tokens):
        raise CannotRun(_NOTHING)
    if not is_queued(settings, serves=True):
        settings = await with_docker(settings, tell)
    async with open_service(settings, tell, serves=True) as service:
        try:
            async with asyncio.TaskGroup() as group:
                if discord_token:
                    group.create_task(_on_discord(service, discord_token, tell))
                if slack_tokens:
                    group.create_task(_on_slack(service, *slack_tokens, settings.slack_api_url, tell))
        except* (WrongToken, TryLater, Undeliverable) as faults:
            raise CannotRun("\n".join(map(_sentence, _leaves(faults)))) from None
    return 0


def _sentence(fault: BaseException) -> str:
    return str(fault) if isinstance(fault, WrongToken) else f"{fault}. {_AGAIN}"


async def _on_discord(service: Service, token: str, tell: Callable[[str], None]) -> None:
    from bot.platforms.discord_chat.app import build, run
    from bot.platforms.discord_chat.faults import translated
    from bot.platforms.discord_chat.messenger import DiscordMessenger

    bot = build(service)
    async with asyncio.TaskGroup() as group:
        group.create_task(service.deliver_forever(DiscordMessenger(bot)))
        with translated():
            await run(bot, token, lambda: tell("Discord is connected"))


async def _on_slack(
    service: Service, bot_token: str, app_token: str, api_url: str, tell: Callable[[str], None]
) -> None:
    from bot.platforms.slack_chat.running import connected, open_chat

    async with open_chat(bot_token, api_url) as chat, connected(service, chat, app_token):
        tell("Slack is connected")
        await service.deliver_forever(chat.messenger)


def _leaves(group: BaseExceptionGroup[Any]) -> Iterator[BaseException]:
    for fault in group.exceptions:
        yield from _leaves(fault) if isinstance(fault, BaseExceptionGroup) else (fault,)


def _token(name: str, secret: SecretStr) -> str:
    """The token in the variable ``name``, without the line end that a file of secrets leaves on it."""
    token = secret.get_secret_value().strip()
    if not re.fullmatch("[!-~]*", token):
        raise CannotRun(_UNSENDABLE.format(name=name))  # before a library that cannot send it repeats it
    return token


def _slack_tokens(settings: Settings) -> tuple[str, str] | None:
    tokens = (
        _token("SLACK_BOT_TOKEN", settings.slack_bot_token),
        _token("SLACK_APP_TOKEN", settings.slack_app_token),
    )
    if any(tokens) and not all(tokens):
        raise CannotRun(_HALF_OF_SLACK)
    return tokens if all(tokens) else None


async def with_docker(settings: Settings, tell: Callable[[str], None]) -> Settings:
    """The settings with Docker cells and no other; as they are where the operator insists."""
    if settings.strangers_code_without_docker:
        tell(LOUD)
        return settings
    status = await engine_status(settings.docker_host or None, settings.image or None, settings.runtime)
    if settings.sandbox == "local" or status.advice:
        reason = "CHAINRULE_SANDBOX is local" if settings.sandbox == "local" else status.advice
        raise CannotRun(
            f"Strangers' code runs in Docker or not at all, and {reason}. If nobody but you can reach this bot, "
            "CHAINRULE_STRANGERS_CODE_WITHOUT_DOCKER=yes allows local cells."
        )
    return settings.model_copy(update={"sandbox": "docker"})
