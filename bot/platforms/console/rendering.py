"""From a card to what rich prints. Nothing a learner wrote is ever read as markup or reaches the terminal raw."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from typing import ClassVar

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.markdown import CodeBlock, MarkdownElement
from rich.markdown import Markdown as RichMarkdown
from rich.padding import Padding
from rich.rule import Rule
from rich.spinner import Spinner
from rich.syntax import Syntax
from rich.table import Table as RichTable
from rich.text import Text

from bot.core.cards import Action, Block, Card, Code, Facts, Markdown, Note, Plain, Table, Tone
from bot.core.commands import typed
from bot.core.findings import Finding, State
from bot.platforms.visible import shortened, visible

_MAX_HIGHLIGHTED = 20_000  # characters; a lexer on more than that can keep the terminal waiting
_INDENT = "    "

MARKS = {
    Tone.NEUTRAL: ("", "bold"),
    Tone.GOOD: ("✓", "bold green"),
    Tone.BAD: ("✗", "bold red"),
    Tone.WARNING: ("!", "bold yellow"),
}
"""The symbol of each tone, before a title that says it in words, with its colour."""

_STATES = {State.OK: ("✓ ok", "green"), State.WARNING: ("! warning", "yellow"), State.MISSING: ("✗ missing", "red")}


def card_parts(card: Card) -> Iterator[RenderableType]:
    """The parts of ``card`` from top to bottom, with a blank line between them."""
    yield _title(card)
    for block in card.blocks:
        yield _block(block)
        yield ""
    if card.actions:
        yield Text("Next: " + " · ".join(map(_action, card.actions)), style="dim")
        yield ""


def working_part(card: Card, status: str = "") -> RenderableType:
    """A card for something still running, with a spinner, and ``status`` below it."""
    spinner = Spinner("dots", Text(shortened(card.title), style="bold"), style="cyan")
    return Group(spinner, *map(_block, card.blocks), *([Text(shortened(status), style="dim")] if status else []))


def _title(card: Card) -> RenderableType:
    mark, style = MARKS[card.tone]
    title = shortened(card.title)
    return Rule(Text(f"{mark} {title}" if mark else title, style=style), align="left", style="dim")


def _action(action: Action) -> str:
    words = typed(action.verb, action.argument)
    says_more = set(action.label.casefold().split()) - set(words.split())
    return f"{words} ({visible(action.label, one_line=True)})" if says_more else words


def _block(block: Block) -> RenderableType:
    match block:
        case Markdown():
            return _Markdown(visible(block.text), code_theme="ansi_dark", hyperlinks=False)
        case Plain():
            return Text(visible(block.text))
        case Code():
            return _code_with_caption(block)
        case Facts():
            return _facts(block)
        case Table():
            return _table(block)
        case Note():
            return Text(visible(block.text), style="italic dim")


def _code_with_caption(block: Code) -> RenderableType:
    caption = [Text(visible(block.caption), style="dim")] if block.caption else []
    # In a group: Console.print joins bare Texts to one that wraps.
    return Group(*caption, _code(block.text, block.language))


def _code(text: str, language: str) -> Text:
    """Indented and never wrapped by us: what is copied from the terminal must still be the code."""
    shown = visible(text).expandtabs(4).strip("\n")
    highlights = language != "text" and len(shown) <= _MAX_HIGHLIGHTED
    code = Syntax("", language, theme="ansi_dark").highlight(shown) if highlights else Text(shown)
    code.rstrip()
    lines = Text("\n").join(Text(_INDENT) + line for line in code.split("\n", allow_blank=True))
    lines.no_wrap, lines.overflow = True, "ignore"
    return lines


def _facts(block: Facts) -> RenderableType:
    grid = RichTable.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="dim")
    grid.add_column(overflow="fold")
    for label, value in block.pairs:
        grid.add_row(Text(visible(label, one_line=True)), Text(visible(value)))
    return grid


def _table(block: Table) -> RenderableType:
    table = RichTable(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    marks_a_row = block.emphasis is not None
    if marks_a_row:
        table.add_column("")
    for column in block.columns:
        table.add_column(Text(visible(column, one_line=True)), overflow="fold")
    for index, row in enumerate(block.rows):
        own = index == block.emphasis
        cells = [Text(visible(cell, one_line=True)) for cell in row]
        table.add_row(*([Text("▸" if own else " ")] if marks_a_row else []), *cells, style="bold" if own else "")
    return table


class _IndentedCode(CodeBlock):
    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield _code(str(self.text), self.lexer_name)


class _Markdown(RichMarkdown):
    elements: ClassVar[dict[str, type[MarkdownElement]]] = {
        **RichMarkdown.elements,
        "fence": _IndentedCode,
        "code_block": _IndentedCode,
    }


def findings_table(findings: Iterable[Finding]) -> RenderableType:
    """What ``doctor`` found, with advice below each line that needs some."""
    return checklist((*_STATES[finding.state], finding.name, finding.found, finding.advice) for finding in findings)


def checklist(rows: Iterable[tuple[str, str, str, str, str]]) -> RenderableType:
    """A table of what was looked at; each row a word with its style, the thing, what was found, and advice or ""."""
    table = RichTable(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for column in ("", "what", "found"):
        table.add_column(column, overflow="fold")
    for word, style, name, text, advice in rows:
        found: RenderableType = Text(visible(text))
        if advice:
            found = Group(found, Padding(Text(visible(advice), style="bold"), (0, 0, 0, 2)))
        table.add_row(Text(word, style=style), Text(visible(name)), found)
    return table


def plain(parts: Iterable[RenderableType], width: int = 80) -> str:
    """``parts`` as plain text of at most ``width`` columns (code may be wider), without trailing blanks."""
    sink = io.StringIO()
    console = Console(file=sink, width=width, color_system=None, force_terminal=False, highlight=False)
    for part in parts:
        console.print(part, markup=False, emoji=False, crop=False)
    return "\n".join(line.rstrip() for line in sink.getvalue().removesuffix("\n").split("\n")) + "\n"
