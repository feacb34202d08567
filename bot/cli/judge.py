"""``chainrule judge``: judges what bots put into the queue, on this machine or any other that reaches the database."""

from __future__ import annotations

from collections.abc import Callable

from bot.cli.run import LOUD, answering
from bot.cli.tokens import CannotRun
from bot.health import Readiness, served
from bot.judging.duty import WrongTorch
from bot.listening import CannotListen
from bot.settings import Settings
from bot.wiring import open_duty

_NO_QUEUE = (
    "A judge of its own takes answers from a queue in PostgreSQL, and DATABASE_URL names a SQLite file: there the bot "
    "has its judge itself. Set DATABASE_URL to that of a bot on PostgreSQL, or just start: chainrule run"
)
_NOT_LOCAL = (
    "Strangers' code runs in Docker or not at all, and CHAINRULE_SANDBOX is local. If nobody but you can reach the "
    "bot, CHAINRULE_STRANGERS_CODE_WITHOUT_DOCKER=yes allows local cells."
)


async def judge(settings: Settings, tell: Callable[[str], None]) -> int:
    """Take jobs until cancelled; those under way are then brought to an end.

    Raises :class:`CannotRun`, and whatever :func:`bot.wiring.open_duty` raises.
    """
    if not settings.is_on_server:
        raise CannotRun(_NO_QUEUE)
    readiness = Readiness()

    def on_ready(takes: bool) -> None:
        readiness.set("jobs", ok=takes, said="taken" if takes else "not taken: no cell can be had")

    readiness.set("jobs", ok=False, said="starting")
    try:
        async with (
            served(readiness, settings.health_address),
            open_duty(_in_docker(settings, tell), tell, on_ready) as (serve, look),
        ):
            readiness.ask("database", answering(look))
            await serve()
    except (WrongTorch, CannotListen) as fault:
        raise CannotRun(str(fault)) from None
    return 0


def _in_docker(settings: Settings, tell: Callable[[str], None]) -> Settings:
    """The settings with Docker cells and no other, whether or not there are some now; unless the operator insists."""
    if settings.strangers_code_without_docker:
        tell(LOUD)
        return settings
    if settings.sandbox == "local":
        raise CannotRun(_NOT_LOCAL)
    return settings.model_copy(update={"sandbox": "docker"})
