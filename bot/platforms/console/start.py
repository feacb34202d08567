"""From opening the service to closing it, whichever way the person at the terminal leaves."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TypeAlias

from bot.core.cards import Card
from bot.core.effects import Show
from bot.platforms.console import piped
from bot.platforms.console.app import Service, Session, run_piped
from bot.platforms.console.interactive import Chat
from bot.platforms.console.screen import Screen, terminal_console
from bot.platforms.signals import Signals
from bot.platforms.visible import visible
from bot.usecases.service import Caller


class CannotStart(Exception):
    """Something the service is made of (a question file, say) is wrong; the message names it."""


OpenService: TypeAlias = Callable[[Callable[[str], None]], AbstractAsyncContextManager[Service]]
"""Opens the service; is given a function that takes short sentences about how far it is."""


async def chat(open_service: OpenService, caller: Caller, data_dir: Path, signals: Signals) -> int:
    """Chat on standard input and output; with a prompt if both are a terminal, else line by line. The exit code."""
    # A process started without standard input has None here.
    interactive = sys.stdin is not None and sys.stdin.isatty() and sys.stdout.isatty()
    screen = Screen(terminal_console(sys.stdout), animated=interactive)
    async with contextlib.AsyncExitStack() as stack:
        if interactive:
            screen.show(Show(Card("Starting"), working=True))
        try:
            service = await _opened(stack, open_service(screen.tell if interactive else _tell_plainly))
        finally:
            screen.clear()
        session = Session(service, caller, screen, Path.cwd())
        if interactive:
            code = await Chat(session, signals, data_dir / "history").run()
        elif sys.stdin is None:
            code = 0
        else:
            code = await run_piped(session, piped.lines(sys.stdin.fileno()))
        signals.ignore()  # what was opened must be closed in peace
    return code


def _tell_plainly(sentence: str) -> None:
    print(f"chainrule: {visible(sentence)}", file=sys.stderr, flush=True)  # noqa: T201


async def _opened(stack: contextlib.AsyncExitStack, opening: AbstractAsyncContextManager[Service]) -> Service:
    try:
        return await stack.enter_async_context(opening)
    except ValueError as error:
        raise CannotStart(str(error)) from error
