"""From a card to a message made of components."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field

import discord
from discord import ui

from bot.core.cards import Action, Card, Tone
from bot.core.sizes import DISCORD_MESSAGE
from bot.core.slots import SlotKind
from bot.platforms.buttons import MAIN, encode
from bot.platforms.discord_chat.text import escaped, spaced, write
from bot.platforms.layout import Attachment, Budget, Part, cut, lay_out
from bot.platforms.visible import visible

REPLACEABLE = {SlotKind.VERDICT: 7_001, SlotKind.TRY: 7_002, SlotKind.UPLOAD: 7_003}
"""Ids of the containers of replies that the reply to their own retry may take the place of, by what they are about."""

_COLOURS = {Tone.NEUTRAL: 0x5865F2, Tone.GOOD: 0x2E8B57, Tone.BAD: 0xC0392B, Tone.WARNING: 0xD4A017}
_MAX_TITLE = 200
_MAX_LABEL = 80
_ROW = 5


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message ready to be sent once: its components, and the text files that go with it."""

    view: ui.LayoutView
    files: list[discord.File] = field(default_factory=list)


def render(card: Card, kind: SlotKind | None = None) -> Rendered:
    """``card`` as a message: its text in one container, then its files, then its buttons.

    ``kind`` is what it is about, where it is a reply.
    """
    laid = lay_out(card, budget(card.title))
    text = spaced([f"## {escaped(laid.title)}", *map(write, laid.parts)])
    files = [_file(attachment) for attachment in laid.attachments]
    container: ui.Container[ui.LayoutView] = ui.Container(
        ui.TextDisplay(text),
        *(ui.File(file) for file in files),
        *_rows(laid.actions, laid.about),
        accent_colour=_COLOURS[laid.tone],
        id=REPLACEABLE.get(kind) if kind else None,
    )
    view = ui.LayoutView(timeout=None)
    view.add_item(container)
    # Presses are read from their custom_id, also after a restart: the library need not keep this view.
    view.stop()
    return Rendered(view, files)


def budget(title: str) -> Budget:
    """What one message takes, all its text together; ``title`` is what will stand above it."""
    heading = size_of(escaped(title)) - len(title) + len("## ! \n")
    return Budget(DISCORD_MESSAGE - heading, DISCORD_MESSAGE, _MAX_TITLE, lambda part: size(part))


def size(part: Part) -> int:
    """Characters of a part and the line ends before it, as Discord counts them at worst."""
    return size_of(write(part)) + 2


def size_of(text: str) -> int:
    """Length in UTF-16 units: nothing counts more."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _file(attachment: Attachment) -> discord.File:
    return discord.File(io.BytesIO(attachment.text.encode("utf-8")), attachment.name)


def _rows(actions: tuple[Action, ...], about: int | None) -> Iterator[ui.ActionRow[ui.LayoutView]]:
    # Two buttons of one message may not share an id; a second one would do the same as the first.
    by_id: dict[str, Action] = {}
    for action in actions:
        by_id.setdefault(encode(action.verb, about, action.argument), action)
    buttons: list[ui.Button[ui.LayoutView]] = [
        ui.Button(
            label=cut(visible(action.label, one_line=True), _MAX_LABEL),
            style=discord.ButtonStyle.primary if action.verb in MAIN else discord.ButtonStyle.secondary,
            custom_id=custom_id,
        )
        for custom_id, action in by_id.items()
    ]
    for start in range(0, len(buttons), _ROW):
        yield ui.ActionRow(*buttons[start : start + _ROW])
