"""Draw the README's picture of the terminal chat: a scripted session on the real service, saved as an SVG.

    python -m scripts.terminal_picture docs/terminal.svg [commands.txt]

Each line of the commands file is said as in the chat (fences and file names work too); without one, a short tour is
played. It uses the same settings as ``chainrule console``; set CHAINRULE_HOME to an empty directory to start from zero.
"""

from __future__ import annotations

import asyncio
import io
import re
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import DIMMED_MONOKAI

from bot.cli import terminal_caller
from bot.cli.saying import LOG_NAME
from bot.logs import log_to_file
from bot.platforms.console.app import Service, Session, run_piped
from bot.platforms.console.screen import THEME, Screen
from bot.settings import load
from bot.usecases.service import Caller
from bot.wiring import open_service

WIDTH = 92
TOUR = ("today", "answer [2, 3]", "answer [8, 12]", "answer [4, 6]", "leaderboard")
_REMOTE_FONT = re.compile(r",\s*url\([^)]*\)\s*format\([^)]*\)")


async def picture(service: Service, caller: Caller, lines: Sequence[str], title: str = "chainrule console") -> str:
    """The SVG of a session in which ``lines`` are said one after the other to a live ``service``."""
    console = Console(
        file=io.StringIO(),
        record=True,
        width=WIDTH,
        force_terminal=True,
        theme=THEME,
        markup=False,
        emoji=False,
        highlight=False,
    )
    await run_piped(Session(service, caller, Screen(console, animated=False), Path.cwd()), _said(lines))
    # Code hosts show the file in a sandbox that loads nothing from elsewhere.
    return _REMOTE_FONT.sub("", console.export_svg(title=title, theme=DIMMED_MONOKAI))


async def _said(lines: Sequence[str]) -> AsyncIterator[str]:
    for line in lines:
        yield line


async def _drawn(lines: Sequence[str]) -> str:
    settings = load()
    log_to_file(settings.data_dir / LOG_NAME, settings.log_level)
    async with open_service(settings, lambda sentence: print(sentence, file=sys.stderr)) as service:  # noqa: T201
        return await picture(service, terminal_caller(settings), lines)


if __name__ == "__main__":
    target, *script = map(Path, sys.argv[1:])
    lines = script[0].read_text(encoding="utf-8").splitlines() if script else TOUR
    target.write_text(asyncio.run(_drawn(lines)), encoding="utf-8")
