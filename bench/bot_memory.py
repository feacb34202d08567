"""Prints the resident megabytes of a process that opened the whole service and answered ``today``."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

import psutil

from bot.core.commands import Command
from bot.platforms.console import start
from bot.settings import load
from bot.usecases.service import Caller
from bot.wiring import open_service


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        settings = load().model_copy(update={"data_dir": home, "database_url": f"sqlite+aiosqlite:///{home}/bench.db"})
        async with open_service(settings, lambda _: None) as service:
            caller = Caller("terminal", "bench", "bench", "bench", "bench", "bench", "UTC")
            effects = [effect async for effect in service.handle(caller, Command("today"), "bench-1")]
            assert effects
            assert start
            assert "torch" not in sys.modules
            print(psutil.Process().memory_info().rss / 2**20)


if __name__ == "__main__":
    asyncio.run(main())
