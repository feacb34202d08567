"""``chainrule run``: the bot on Discord, on Slack, or on both."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any

from bot.cli.tokens import NOTHING, CannotRun, SlackEntry, discord_token, slack_entry
from bot.health import Condition, Question, Readiness, served
from bot.listening import CannotListen
from bot.platforms.conversation import WrongToken
from bot.platforms.signals import Signals
from bot.ports import Messenger, TryLater, Undeliverable
from bot.settings import Settings
from bot.usecases.service import Service
from bot.wiring import is_queued, open_service
from sandbox.docker_cell import engine_status

DRAIN_SECONDS = 20.0
"""How long what is under way may take once a signal came; what closes afterwards, a judge's cells above all, takes as
much as ten, and a supervisor kills after thirty."""
_AGAIN = "Start again in a moment; if it stays so, see whether this machine has a way to the internet."
_STANDS_BY = "Discord is served by another process with these shards; standing by until it is gone"
LOUD = (
    "*** WITHOUT DOCKER: strangers' code may run in a local cell, because CHAINRULE_STRANGERS_CODE_WITHOUT_DOCKER "
    "says so ***"
)
EXPECTED = (WrongToken, TryLater, Undeliverable, CannotListen)
Tell = Callable[[str], None]


async def run(settings: Settings, tell: Tell, signals: Signals) -> int:
    """Serve every platform there is a token for, until cancelled; then end what is under way.

    Raises :class:`CannotRun`, and whatever :func:`bot.wiring.open_service` raises.
    """
    discord, slack = discord_token(settings), slack_entry(settings)
    if not (discord or slack):
        raise CannotRun(NOTHING)
    readiness = Readiness()
    if not is_queued(settings, serves=True):
        settings = await _with_docker(settings, tell)
    for platform, there in (("discord", discord), ("slack", slack)):
        if there:
            readiness.set(platform, ok=False, said="connecting")
    try:
        async with served(readiness, settings.health_address), open_service(settings, tell, serves=True) as service:
            readiness.ask("database", answering(service.look))
            chats = _Chats(service, settings, tell, readiness, signals)
            async with asyncio.TaskGroup() as group:
                if discord:
                    group.create_task(chats.discord(discord))
                if slack:
                    group.create_task(chats.slack(slack))
    # Not by `except*`: what is raised within that comes wrapped from Python 3.11.2, and bare from later ones.
    except EXPECTED as fault:
        raise CannotRun(_sentence(fault)) from None
    except BaseExceptionGroup as faults:
        expected, others = faults.split(EXPECTED)
        if expected is None or others is not None:
            raise
        raise CannotRun("\n".join(map(_sentence, _leaves(expected)))) from None
    return 0


@dataclass
class _Chats:
    """The platforms of one process."""

    service: Service
    settings: Settings
    tell: Tell
    readiness: Readiness
    signals: Signals

    async def discord(self, token: str) -> None:
        """Discord, while no other process serves these shards."""
        count = self.settings.shard_count or "all"
        mine = self.settings.shard_ids and ",".join(map(str, self.settings.shards))
        await self.service.alone(
            f"discord shards {mine or 'all'} of {count}", lambda: self._discord(token), self._stand_by
        )

    def _stand_by(self) -> None:
        # Nothing is lacking: Discord is served, and where Slack is, too, it is served by all.
        self.readiness.set("discord", ok=True, said="standby")
        self.tell(_STANDS_BY)

    async def _discord(self, token: str) -> None:
        from bot.platforms.discord_chat.app import build, run
        from bot.platforms.discord_chat.faults import translated
        from bot.platforms.discord_chat.messenger import DiscordMessenger

        bot = build(self.service, self.settings.shard_count, self.settings.shards)

        async def leave() -> None:
            await bot.leave(self._patience())
            await self.service.settle(self._patience())

        self.readiness.ask("discord", _connected(lambda: bot.is_connected))
        async with asyncio.TaskGroup() as group:
            group.create_task(self.service.deliver_forever(DiscordMessenger(bot)))
            with translated():
                await run(bot, token, lambda: self.tell("Discord is connected"), leave)

    async def slack(self, entry: SlackEntry) -> None:
        """Slack, over Socket Mode or HTTP."""
        from bot.platforms.slack_chat.over_http import reachable
        from bot.platforms.slack_chat.running import connected, open_chat

        async with open_chat(entry.bot_token, self.settings.slack_api_url) as chat, self._carried(chat.messenger):
            if entry.app_token:
                way_in = connected(self.service, chat, entry.app_token, leaving=self._patience)
            else:
                clock = self.service.clock
                way_in = reachable(self.service, chat, entry.secret, entry.address, clock, leaving=self._patience)
            async with way_in as is_connected:
                self.readiness.ask("slack", _connected(is_connected))
                self.tell("Slack is connected")
                await asyncio.Event().wait()

    @contextlib.asynccontextmanager
    async def _carried(self, messenger: Messenger) -> AsyncIterator[None]:
        """Have what the outbox holds shown, also what comes of the commands that are under way at the end."""
        async with asyncio.TaskGroup() as group:
            carrying = group.create_task(self.service.deliver_forever(messenger))
            try:
                yield
            finally:
                await self.service.settle(self._patience())
                carrying.cancel()

    def _patience(self) -> float:
        """Seconds that are left for what is under way: none where no signal ended us."""
        return self.signals.left(DRAIN_SECONDS)


def answering(look: Callable[[], Awaitable[object]]) -> Question:
    """Whether the database answers, to be asked of ``look``."""

    async def answers() -> Condition:
        await look()
        return Condition(True, "answers")

    return answers


def _connected(is_connected: Callable[[], bool]) -> Callable[[], Any]:
    async def answers() -> Condition:
        ok = is_connected()
        return Condition(ok, "connected" if ok else "connecting")

    return answers


def _sentence(fault: BaseException) -> str:
    return f"{fault}. {_AGAIN}" if isinstance(fault, TryLater | Undeliverable) else str(fault)


def _leaves(group: BaseExceptionGroup[Any]) -> Iterator[BaseException]:
    for fault in group.exceptions:
        yield from _leaves(fault) if isinstance(fault, BaseExceptionGroup) else (fault,)


async def _with_docker(settings: Settings, tell: Tell) -> Settings:
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
