"""Laid-out parts as elements of rich text: Slack shows their text as it is, and never reads a mention into it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, TypeAlias

from bot.platforms import marked
from bot.platforms.layout import FactLines, Part, Preformatted, Prose, Quiet, Verbatim

Json: TypeAlias = dict[str, Any]
_DEEPEST = 8
"""Levels a list may be indented."""
_BREAK = marked.Span("\n\n")


def elements(part: Part) -> Iterator[Json]:
    """The elements ``part`` becomes."""
    match part:
        case Prose(blocks):
            yield from _flow(blocks, 0)
        case Verbatim(text):
            yield _section([marked.Span(text)])
        case Quiet(text):
            yield _section([marked.Span(text, italic=True)])
        case Preformatted(text, language, caption):
            if caption:
                yield _section([marked.Span(caption)])
            yield preformatted(text, language)
        case FactLines(pairs):
            yield _section([span for index, pair in enumerate(pairs) for span in _fact(*pair, first=index == 0)])


def preformatted(text: str, language: str) -> Json:
    """Text in fixed width."""
    told: Json = {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": text or " "}]}
    return told | ({"language": "python"} if language == "python" else {})


def _fact(label: str, value: str, *, first: bool) -> Iterator[marked.Span]:
    start = "" if first else "\n"
    if label:
        yield marked.Span(f"{start}{label}:", bold=True)
        yield marked.Span(f" {value}")
    else:
        yield marked.Span(f"{start}{value}")


def _flow(blocks: Sequence[marked.Block], indent: int) -> Iterator[Json]:
    """Neighbouring paragraphs share a section: Slack leaves no room between two."""
    for is_text, group in groupby(blocks, lambda block: isinstance(block, marked.Paragraph | marked.Heading)):
        if is_text:
            yield _section(_running(list(group)))
            continue
        for block in group:
            yield from _standing(block, indent)


def _running(blocks: Sequence[marked.Block]) -> list[marked.Span]:
    spans: list[marked.Span] = []
    for block in blocks:
        spans += [_BREAK] if spans else []
        match block:
            case marked.Paragraph(own):
                spans += own
            case marked.Heading(_, own):
                spans += [marked.Span(marked.words(own), bold=True)]
    return spans


def _standing(block: marked.Block, indent: int) -> Iterator[Json]:
    match block:
        case marked.Fence(text, language):
            yield preformatted(text, language)
        case marked.Quote(blocks):
            yield {"type": "rich_text_quote", "elements": _texts([marked.Span(marked.plain(blocks))])}
        case marked.Listing():
            yield from _listing(block, indent)


def _listing(listing: marked.Listing, indent: int) -> Iterator[Json]:
    """Items hold running text alone; what else stands in one follows it, and the list goes on after that."""
    items: list[Json] = []
    done = 0
    for item in listing.items:
        running = [block for block in item if isinstance(block, marked.Paragraph | marked.Heading)]
        standing = [block for block in item if block not in running]
        items.append(_section(_running(running)))
        if standing:
            yield _list(listing, items, done, indent)
            done, items = done + len(items), []
            for block in standing:
                yield from _standing(block, indent + 1)
    if items:
        yield _list(listing, items, done, indent)


def _list(listing: marked.Listing, items: list[Json], done: int, indent: int) -> Json:
    style = "bullet" if listing.start is None else "ordered"
    told: Json = {"type": "rich_text_list", "style": style, "elements": items, "indent": min(indent, _DEEPEST)}
    offset = (listing.start or 1) - 1 + done
    return told | ({"offset": offset} if style == "ordered" and offset > 0 else {})


def _section(spans: Sequence[marked.Span]) -> Json:
    return {"type": "rich_text_section", "elements": _texts(spans)}


def _texts(spans: Sequence[marked.Span]) -> list[Json]:
    return [_text(span) for span in spans if span.text] or [{"type": "text", "text": " "}]


def _text(span: marked.Span) -> Json:
    names = {"bold": span.bold, "italic": span.italic, "strike": span.strike, "code": span.code}
    style = {name: True for name, on in names.items() if on}
    told: Json = {"type": "link", "url": span.link} if span.link else {"type": "text"}
    return told | {"text": span.text} | ({"style": style} if style else {})
