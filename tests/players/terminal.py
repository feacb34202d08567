"""A person at the terminal: types lines, and sees cards instead of messages."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from bot.core.cards import Card, Form
from bot.core.commands import parse, typed
from bot.core.effects import Show, To
from bot.platforms.console.app import Service, Session
from bot.platforms.console.rendering import card_parts, plain
from bot.platforms.console.screen import Screen
from bot.usecases.visiting import Caller
from tests.players import Seen, ShownForm

_RULE = re.compile("─{2,}|^Next: .*$", re.MULTILINE)


class _Screen(Screen):
    """Keeps every card it prints; the card of a slot replaces the one before."""

    def __init__(self, sink: Console) -> None:
        super().__init__(sink, animated=False)
        self.fresh: dict[str, Show] = {}

    def show(self, show: Show) -> None:
        super().show(show)
        self.fresh[show.slot or f"card {len(self.fresh)}"] = show


class TerminalPlayer:
    """Whoever sits at this terminal; a button is the word they type in its stead."""

    def __init__(self, service: Service, caller: Caller, folder: Path, sink: Callable[[], Console]) -> None:
        self._screen = _Screen(sink())
        self._session = Session(service, caller, self._screen, folder)
        self._folder = folder
        self._form: Form | None = None
        self._cards: list[Card] = []

    async def says(self, words: str, file: str = "") -> None:
        """Type a line; a file is named in it."""
        if file:
            (self._folder / "question.md").write_text(file)
            words = f"{words} question.md"
        self._form = await self._session.perform(parse(words))

    async def presses(self, label: str) -> None:
        """Type what the newest card offers under that name."""
        for card in reversed(self._cards):
            for action in card.actions:
                if action.label.startswith(label):
                    self._form = await self._session.perform(parse(typed(action.verb, action.argument)))
                    return
        raise AssertionError(f"no card offers {label!r}")

    async def form(self) -> ShownForm:
        """The form that is open."""
        assert self._form is not None, "no form is open"
        task = "\n".join(plain(card_parts(Card("", (block,))), width=100) for block in self._form.task)
        return ShownForm(self._form.title, _RULE.sub("", task), self._form.initial)

    async def fills(self, text: str, file: str = "") -> None:
        """Submit it."""
        assert self._form is not None, "no form is open"
        verb, self._form = self._form.verb, None
        await self.says(f"{verb} {text}", file)

    async def sees(self) -> list[Seen]:
        """What has been printed since."""
        shown = [show for show in self._screen.fresh.values() if not show.working]
        self._screen.fresh.clear()
        self._cards += [show.card for show in shown]
        return [_seen(show) for show in shown]


def _seen(show: Show) -> Seen:
    text = _RULE.sub("", plain(card_parts(show.card), width=100))
    labels = tuple(action.label for action in show.card.actions)
    return Seen("public" if show.to is To.PUBLIC else "private", text, labels)
