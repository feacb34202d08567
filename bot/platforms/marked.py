"""An author's Markdown as a small tree that every chat writes in its own markup; raw HTML stays text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TypeAlias

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode

_LEVELS = 20
"""Nesting that is read; what is nested deeper is shown as it was written."""
_LINES = 200
_WORK = 400
"""Signs and blocks that are read, which a person needs a tenth of: the time they take grows with their square."""
_SIGNS = re.compile(r"[*_~\[\]`<!&\\]")
_KEPT = 256
_LINK = re.compile(r"(https?://|mailto:)", re.IGNORECASE)
_RULE = "———"


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of text in one style; ``link`` is where it leads, an address of the web or of mail."""

    text: str
    bold: bool = False
    italic: bool = False
    strike: bool = False
    code: bool = False
    link: str = ""


Spans: TypeAlias = tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text; a line feed in it is a line end its author asked for."""

    spans: Spans


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of depth 1 to 6."""

    depth: int
    spans: Spans


@dataclass(frozen=True, slots=True)
class Listing:
    """A list; numbered from ``start`` unless that is ``None``."""

    items: tuple[tuple[Block, ...], ...]
    start: int | None = None


@dataclass(frozen=True, slots=True)
class Quote:
    """What somebody said."""

    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Fence:
    """Code, exactly as it stands; ``language`` may be empty."""

    text: str
    language: str = ""


Block: TypeAlias = Paragraph | Heading | Listing | Quote | Fence


@lru_cache(_KEPT)
def parse(text: str) -> tuple[Block, ...]:
    """The blocks of the Markdown in ``text``; what would take long to read is one paragraph, as it was written.

    The same question is shown many times over, so what was read is kept.
    """
    if text.count("\n") > _LINES or not _is_readable(_OUTLINE.parse(text)):
        return (Paragraph((Span(text),)),)
    return tuple(_blocks(SyntaxTreeNode(_MARKDOWN.parse(text)).children))


def _is_readable(outline: Sequence[Token]) -> bool:
    """Whether text of these blocks is read in a moment and whole: the parser leaves out what is nested too deep."""
    work = len(outline) + sum(len(_SIGNS.findall(token.content)) for token in outline if token.type == "inline")
    return work <= _WORK and all(token.level < _LEVELS - 1 for token in outline)


def plain(blocks: Sequence[Block]) -> str:
    """The words of ``blocks`` without any markup."""
    return "\n\n".join(map(_plain, blocks))


def words(spans: Spans) -> str:
    """The words of ``spans``."""
    return "".join(span.text for span in spans)


def _plain(block: Block) -> str:
    match block:
        case Paragraph(spans) | Heading(_, spans):
            return words(spans)
        case Fence(text=text):
            return text
        case Quote(blocks):
            return plain(blocks)
        case Listing(items, start):
            marks = (f"{number}." for number in range(start, start + len(items))) if start is not None else None
            return "\n".join(f"{next(marks) if marks else '•'} {plain(item)}" for item in items)


def _blocks(nodes: Sequence[SyntaxTreeNode]) -> Iterator[Block]:
    for node in nodes:
        match node.type:
            case "heading":
                yield Heading(int(node.tag[1:]), _inline(node))
            case "bullet_list" | "ordered_list":
                start = int(node.attrs.get("start", 1)) if node.type == "ordered_list" else None
                yield Listing(tuple(tuple(_blocks(item.children)) for item in node.children), start)
            case "blockquote":
                yield Quote(tuple(_blocks(node.children)))
            case "fence" | "code_block":
                yield Fence(node.content.removesuffix("\n"), (node.info.split() or [""])[0])
            case "hr":
                yield Paragraph((Span(_RULE),))
            case _:
                yield Paragraph(_inline(node))


def _inline(node: SyntaxTreeNode) -> Spans:
    spans: list[Span] = []
    for span in (span for inline in node.children for span in _spans(inline.children, Span(""))):
        if spans and replace(spans[-1], text="") == replace(span, text=""):
            spans[-1] = replace(span, text=spans[-1].text + span.text)
        elif span.text:
            spans.append(span)
    return tuple(spans)


def _spans(nodes: Sequence[SyntaxTreeNode], style: Span) -> Iterator[Span]:
    for node in nodes:
        match node.type:
            case "strong":
                yield from _spans(node.children, replace(style, bold=True))
            case "em":
                yield from _spans(node.children, replace(style, italic=True))
            case "s":
                yield from _spans(node.children, replace(style, strike=True))
            case "code_inline":
                yield replace(style, text=node.content, code=True)
            case "link":
                yield from _spans(node.children, replace(style, link=_address(node.attrs.get("href"))))
            case "image":
                yield replace(style, text=node.content or "picture", link=_address(node.attrs.get("src")))
            case "softbreak":
                yield replace(style, text=" ")
            case "hardbreak":
                yield replace(style, text="\n")
            case _:
                yield replace(style, text=node.content)


def _address(target: object) -> str:
    address = str(target or "")
    return address if _LINK.match(address) else ""


def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False, "maxNesting": _LEVELS}).enable("strikethrough")


_MARKDOWN = _parser()
_OUTLINE = _parser().disable("inline")
"""Reads blocks, and not what is within them."""
