"""Cards and forms: what to show and what to ask, without saying how a platform draws it.

:class:`Markdown` is text by us or by a question's author. Everything that came from a learner, or that their code
printed, goes into :class:`Plain`, :class:`Code` or a table cell: adapters escape those and never interpret them.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TypeAlias


class Tone(enum.StrEnum):
    """The mood of a card; adapters add a word or a symbol, never colour alone."""

    NEUTRAL = "neutral"
    GOOD = "good"
    BAD = "bad"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Markdown:
    """Text by us or by an author, in Markdown."""

    text: str


@dataclass(frozen=True, slots=True)
class Plain:
    """Text that must appear exactly as it is."""

    text: str


@dataclass(frozen=True, slots=True)
class Code:
    """Source or output, in fixed width; ``language`` is ``"python"``, ``"json"`` or ``"text"``."""

    text: str
    language: str = "python"
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """Short label-and-value pairs, in order; values are plain text."""

    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of plain-text cells under ``columns``; ``emphasis`` is the index of the caller's own row, if any."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    emphasis: int | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """A quiet line: what a thing cost, what can be done next."""

    text: str


Block: TypeAlias = Markdown | Plain | Code | Facts | Table | Note


@dataclass(frozen=True, slots=True)
class Action:
    """A verb offered as a button (or, in a terminal, as a word to type)."""

    label: str
    verb: str
    argument: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """Something to show; its actions are ``about`` the posting with that id, or about today's."""

    title: str
    blocks: tuple[Block, ...] = ()
    tone: Tone = Tone.NEUTRAL
    actions: tuple[Action, ...] = ()
    about: int | None = None


@dataclass(frozen=True, slots=True)
class Form:
    """Something to ask: one text field, opening with ``initial``; ``task`` repeats what is asked.

    ``verb`` is the command the filled-in text becomes, ``about`` the posting with that id. ``multiline`` asks for code
    rather than one line; then a file may be sent in its place. ``label`` stands over the field: at most 45 characters.
    """

    title: str
    task: tuple[Block, ...]
    verb: str
    initial: str = ""
    multiline: bool = True
    about: int | None = None
    label: str = "Your answer"
