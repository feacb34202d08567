"""From a card to its parts, with all text safe to look at and nothing too long: what every chat renders.

A platform writes each part in its own markup, and says in a :class:`Budget` how much it takes. What does not fit is
attached as a file, whole: code is never cut in its middle, and nothing is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from rich.cells import cell_len

from bot.core.cards import Action, Block, Card, Code, Facts, Markdown, Note, Plain, Table, Tone
from bot.platforms import marked
from bot.platforms.visible import visible

SIGNS = {Tone.NEUTRAL: "", Tone.GOOD: "✓", Tone.BAD: "✗", Tone.WARNING: "!"}
"""The symbol of each tone, before a title that says it in words: a colour alone says nothing to many."""
MAX_ATTACHMENTS = 5

_OWN_ROW = "▸ "
_FILES = {"python": ("code", "py"), "json": ("data", "json")}


@dataclass(frozen=True, slots=True)
class Prose:
    """An author's text; ``source`` is its Markdown."""

    blocks: tuple[marked.Block, ...]
    source: str


@dataclass(frozen=True, slots=True)
class Verbatim:
    """Text to appear as it is, without markup."""

    text: str


@dataclass(frozen=True, slots=True)
class Preformatted:
    """Text in fixed width, its line ends kept; never empty. ``language`` is ``"python"``, ``"json"`` or ``"text"``."""

    text: str
    language: str = "text"
    caption: str = ""


@dataclass(frozen=True, slots=True)
class FactLines:
    """Labels and values, a line each; a value may have several lines."""

    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Quiet:
    """A line beside the matter."""

    text: str


Part: TypeAlias = Prose | Verbatim | Preformatted | FactLines | Quiet


@dataclass(frozen=True, slots=True)
class Attachment:
    """A text file that goes with a message."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Laid:
    """A card laid out; its title begins with the sign of its tone."""

    title: str
    tone: Tone
    parts: tuple[Part, ...]
    actions: tuple[Action, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    about: int | None = None


@dataclass(frozen=True, slots=True)
class Budget:
    """What a platform takes: characters of a whole ``message``, of one ``part`` and of the ``title``.

    ``size`` is how many characters a part is as the platform writes it, with markup and whatever joins parts.
    """

    message: int
    part: int
    title: int
    size: Callable[[Part], int]


def lay_out(card: Card, budget: Budget) -> Laid:
    """``card`` within ``budget``."""
    sign = SIGNS[card.tone]
    title = visible(f"{sign} {card.title}" if sign else card.title, one_line=True)
    parts = [part for block in card.blocks for part in lay_out_block(block)]
    head = cut(title, budget.title)
    if head != title:
        parts.insert(0, Verbatim(title))
    kept, attachments = fit(parts, budget, budget.message - len(head) - 1)
    return Laid(head, card.tone, kept, card.actions, attachments, card.about)


def cut(text: str, limit: int) -> str:
    """``text`` on at most ``limit`` characters, cut after a word and marked with an ellipsis."""
    if len(text) <= limit:
        return text
    head, _, _ = text[:limit].rpartition(" ")
    kept = head if len(head) > limit // 2 else text[: limit - 1]
    return f"{kept.rstrip(' .,:;·—-')}…"


def lay_out_block(block: Block) -> Iterator[Part]:
    """The part ``block`` becomes; empty text becomes none."""
    match block:
        case Markdown(text):
            source = visible(text)
            if blocks := marked.parse(source):
                yield Prose(blocks, source)
        case Plain(text):
            if text.strip():
                yield Verbatim(visible(text).strip("\n"))
        case Code(text, language, caption):
            yield Preformatted(visible(text).strip("\n") or " ", language, visible(caption, one_line=True))
        case Facts(pairs):
            if pairs:
                yield FactLines(tuple((visible(label, one_line=True), visible(value)) for label, value in pairs))
        case Table():
            yield Preformatted(_grid(block))
        case Note(text):
            yield Quiet(visible(text))


def _grid(table: Table) -> str:
    """The table with its columns aligned, numbers to the right; the own row has a sign before it."""
    rows = [[visible(cell, one_line=True) for cell in row] for row in (table.columns, *table.rows)]
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    numeric = [all(cell.isdigit() for cell in column) for column in zip(*rows[1:], strict=True)]
    own = None if table.emphasis is None else table.emphasis + 1
    lines = []
    for index, row in enumerate(rows):
        mark = "" if own is None else _OWN_ROW if index == own else " " * len(_OWN_ROW)
        blanks = (" " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=True))
        cells = (
            blank + cell if to_right else cell + blank
            for cell, blank, to_right in zip(row, blanks, numeric or [False] * len(row), strict=True)
        )
        lines.append((mark + "  ".join(cells)).rstrip())
    return "\n".join(lines)


def fit(parts: Sequence[Part], budget: Budget, room: int) -> tuple[tuple[Part, ...], tuple[Attachment, ...]]:
    """``parts`` in at most ``room`` characters; the largest give way to a line that names the file they are in."""
    kept, sizes = list(parts), list(map(budget.size, parts))  # a size is as much work as showing the part
    attached: dict[int, Attachment] = {}
    for index in sorted(range(len(kept)), key=lambda index: sizes[index], reverse=True):
        if sizes[index] <= budget.part and sum(sizes) <= room:
            break
        file = _attachment(kept[index], len(attached) + 1)
        notice = _notice(kept[index], file)
        if (size := budget.size(notice)) < sizes[index]:
            attached[index], kept[index], sizes[index] = file, notice, size
    if sum(sizes) > room or len(attached) > MAX_ATTACHMENTS:
        whole = Attachment("message.txt", "\n\n".join(map(text_of, parts)) + "\n")
        return (Quiet(f"This is too long to be shown here: all of it is in the attached {whole.name}."),), (whole,)
    return tuple(kept), tuple(attached[index] for index in sorted(attached))


def _attachment(part: Part, number: int) -> Attachment:
    stem, ending = _FILES.get(part.language if isinstance(part, Preformatted) else "text", ("text", "txt"))
    return Attachment(f"{stem}{'' if number == 1 else f'-{number}'}.{ending}", f"{text_of(part)}\n")


def _notice(part: Part, file: Attachment) -> Part:
    caption = f"{part.caption.rstrip(':.')}: " if isinstance(part, Preformatted) and part.caption else ""
    return Quiet(f"{caption}too long to be shown here; it is in the attached {file.name}.")


def text_of(part: Part) -> str:
    """The whole of a part as plain text."""
    match part:
        case Prose(source=text) | Verbatim(text) | Preformatted(text) | Quiet(text):
            return text
        case FactLines(pairs):
            return "\n".join(f"{label}: {value}" for label, value in pairs)
