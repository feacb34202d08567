"""What the person sees: cards below each other, and a running one replaced in place."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import TextIO

from rich.console import Console, RenderableType
from rich.live import Live
from rich.text import Text
from rich.theme import Theme

from bot.core.cards import Card, Tone
from bot.core.effects import Show
from bot.platforms.console.rendering import MARKS, card_parts, plain, working_part
from bot.platforms.visible import shortened, visible

THEME = Theme({"markdown.code": "cyan"})  # rich's own has a background, which tears words apart


class Screen:
    """Prints on ``console``; with ``animated`` a working card spins until its slot is shown again.

    ``status`` is the last sentence the service said about itself.
    """

    def __init__(self, console: Console, *, animated: bool) -> None:
        self._console = console
        self._animated = animated
        self.status = ""
        self._working: Show | None = None
        self._live: Live | None = None

    @property
    def working(self) -> str:
        """The slot of the card that stands for something still running; empty where there is none."""
        return self._working.slot if self._working is not None else ""

    def show(self, show: Show) -> None:
        """Print the card, in the place of the working one if it has its slot."""
        if show.working:
            self.finish()
            self._begin(show)
            return
        if self._working is not None and show.slot == self._working.slot:
            self._stop()
        self.card(show.card)

    def card(self, card: Card) -> None:
        """Print ``card``."""
        self._print(card_parts(card))

    def part(self, part: RenderableType) -> None:
        """Print something made in :mod:`bot.platforms.console.rendering`."""
        self._print([part])

    def say(self, text: str, tone: Tone = Tone.NEUTRAL, *, quiet: bool = False) -> None:
        """Print a short text of our own, with the tone's mark before it; dim if it only helps."""
        mark, style = MARKS[tone]
        line = Text(f"{mark} " if mark else "", style=style)
        line.append(visible(text), style="dim" if quiet else "default")
        self._print([line])

    def echo(self, line: str, *, first: bool) -> None:
        """Repeat a line that was read, so that a transcript can be followed."""
        mark = ("> ", "bold cyan") if first else ("| ", "dim")
        self._print([Text.assemble(mark, shortened(line))])

    def tell(self, sentence: str) -> None:
        """Take up what the service says about itself: below a working card, and in :attr:`status`."""
        self.status = sentence
        if self._live and self._working:
            self._live.update(working_part(self._working.card, sentence))

    def clear(self) -> None:
        """Let go of a working card without a trace."""
        self._stop()

    def finish(self) -> None:
        """Let go of a working card that nothing replaced; it stays as a line."""
        unfinished = self._working if self._live else None
        self._stop()
        if unfinished is not None:
            self._line(unfinished)

    def _begin(self, show: Show) -> None:
        self._working = show
        if self._animated:
            part = working_part(show.card, self.status)
            self._live = Live(part, console=self._console, transient=True, refresh_per_second=12)
            self._live.start()
        else:
            self._line(show)

    def _line(self, show: Show) -> None:
        self._print([Text(f"… {shortened(show.card.title)}")])

    def _stop(self) -> None:
        live, self._live, self._working = self._live, None, None
        if live is not None:
            live.stop()

    def _print(self, parts: Iterable[RenderableType]) -> None:
        if self._console.is_terminal:
            for part in parts:
                self._console.print(part, crop=False)
        else:
            # rich fills rules and columns with blanks, which only a terminal forgives.
            self._console.file.write(plain(parts, self._console.width))
            self._console.file.flush()


def terminal_console(file: TextIO) -> Console:
    """A console that takes every text literally; NO_COLOR and a pipe turn colour off."""
    if isinstance(file, io.TextIOWrapper):
        file.reconfigure(errors="backslashreplace")  # a terminal that is not UTF-8 must not end the session
    return Console(file=file, theme=THEME, markup=False, emoji=False, highlight=False)
