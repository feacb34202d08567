"""``python -m bench.bot_memory [URL]``: the resident megabytes of a process that opened the whole service and answered
``today``.

With the URL of a PostgreSQL it is one of several bots, whose judges are elsewhere: connected to its queue and to what
others tell, and with all that Discord and Slack take.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import psutil

from bot.core.commands import Command
from bot.platforms.console import start
from bot.settings import load
from bot.usecases.service import Caller, Service
from bot.wiring import open_service


async def main(url: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        settings = load().model_copy(update={"data_dir": home, "database_url": url or f"sqlite:///{home}/bench.db"})
        async with open_service(settings, lambda _: None, serves=bool(url)) as service:
            caller = Caller("terminal", "bench", "bench", "bench", "bench", "bench", "UTC")
            effects = [effect async for effect in service.handle(caller, Command("today"), "bench-1")]
            assert effects
            async with _platforms(service) if url else contextlib.nullcontext(start):
                await asyncio.sleep(5 if url else 0)
                assert "torch" not in sys.modules
                print(psutil.Process().memory_info().rss / 2**20)


@contextlib.asynccontextmanager
async def _platforms(service: Service) -> AsyncIterator[object]:
    from bot.platforms.discord_chat.app import build as on_discord
    from bot.platforms.slack_chat.app import Handlers
    from bot.platforms.slack_chat.app import build as on_slack
    from bot.platforms.slack_chat.running import open_chat

    async with open_chat("xoxb-none") as chat:
        yield on_discord(service), on_slack(Handlers(service, chat))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else ""))
