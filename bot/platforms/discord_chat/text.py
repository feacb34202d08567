"""Parts of a card in Discord's Markdown. Whatever is not an author's markup is escaped, and can mention nobody."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import groupby

from bot.platforms.layout import FactLines, Part, Preformatted, Prose, Quiet, Verbatim
from bot.platforms.marked import Block, Fence, Heading, Listing, Paragraph, Quote, Span, Spans

_SPECIAL = re.compile(r"[\\*_~`|<@\[\]]")
_LINE_START = re.compile(r"^([ \t]*)(-#|[#>+-]|\d+(?=[.)]\s))", re.MULTILINE)
_BREAK = "\u200b"
_TICKS = re.compile(r"``+")
_STYLES = (("bold", "**"), ("strike", "~~"), ("italic", "*"))


def escaped(text: str) -> str:
    """``text`` without any markup, mention or link in it: Discord takes a backslash before any sign."""
    inert = _SPECIAL.sub(r"\\\g<0>", text).replace("://", r"\://")
    return _LINE_START.sub(_shielded, inert)


def _shielded(match: re.Match[str]) -> str:
    blanks, mark = match[1], match[2]
    return f"{blanks}{mark}\\" if mark.isdigit() else blanks + "".join(f"\\{sign}" for sign in mark)


def fenced(text: str, language: str = "") -> str:
    """``text`` as a block of code."""
    # Any three backticks end a block on Discord, however many began it, so a longer run is no fence there.
    return f"```{language}\n{_apart(text, 3)}\n```"


def inline_code(text: str) -> str:
    """``text`` as a span of code."""
    if "`" not in text:
        return f"`{text}`"
    return f"`` {_apart(text, 2)} ``"


def _apart(text: str, run: int) -> str:
    """``text`` with characters of no width in every run of at least ``run`` backticks, which then ends nothing."""
    return _TICKS.sub(lambda ticks: ticks[0] if len(ticks[0]) < run else _BREAK.join(ticks[0]), text)


def spaced(pieces: Iterable[str]) -> str:
    """``pieces`` with a blank line between them, but for where Discord leaves room by itself."""
    text = last = ""
    for piece in pieces:
        tight = last.endswith("```") or piece.startswith("```") or last.startswith("#")
        tight = tight or (last.startswith("-# ") and piece.startswith("-# "))
        text += ("\n" if tight else "\n\n") + piece if text else piece
        last = piece
    return text


def write(part: Part) -> str:
    """A part as Discord shows it."""
    match part:
        case Prose(blocks):
            return spaced(_blocks(blocks))
        case Verbatim(text):
            return escaped(text)
        case Preformatted(text, language, caption):
            above = f"{escaped(caption)}\n" if caption else ""
            return above + fenced(text, "" if language == "text" else language)
        case FactLines(pairs):
            return "\n".join(f"**{escaped(label)}** {_value(value)}" for label, value in pairs)
        case Quiet(text):
            return "\n".join(f"-# {escaped(line)}" for line in text.split("\n") if line.strip())


def _value(value: str) -> str:
    # Numbers of a matrix only line up in a block of code.
    return f"\n{fenced(value)}" if "\n" in value else escaped(value)


def _blocks(blocks: Iterable[Block]) -> Iterator[str]:
    for block in blocks:
        match block:
            case Paragraph(spans):
                yield inline(spans)
            case Heading(_, spans):
                yield f"### {inline(spans)}"
            case Fence(text, language):
                yield fenced(text, language if re.fullmatch(r"[\w+#.-]+", language) else "")
            case Quote(inner):
                yield "\n".join(f"> {line}" for line in "\n".join(_blocks(inner)).split("\n"))
            case Listing():
                yield "\n".join(_items(block))


def _items(listing: Listing) -> Iterator[str]:
    for index, item in enumerate(listing.items):
        mark = "-" if listing.start is None else f"{listing.start + index}."
        first, *rest = "\n".join(_blocks(item)).split("\n")
        # Discord knows no code inside of lists: a fence must begin its line.
        lines = [f"{mark} {first}" if not first.startswith("```") else f"{mark}\n{first}"]
        inside = first.startswith("```")
        for line in rest:
            is_fence = line.startswith("```")
            lines.append(line if inside or is_fence else f"  {line}")
            inside = inside != is_fence
        yield "\n".join(lines)


def inline(spans: Spans) -> str:
    """Spans in their styles; a style that several share is opened once."""
    return _styled(list(spans), 0)


def _styled(spans: list[Span], depth: int) -> str:
    if depth == len(_STYLES):
        return "".join(map(_span, spans))
    style, sign = _STYLES[depth]
    runs = []
    for has_style, group in groupby(spans, key=lambda span: bool(getattr(span, style))):
        inner = _styled(list(group), depth + 1)
        runs.append(f"{sign}{inner}{sign}" if has_style and inner.strip() else inner)
    return "".join(runs)


def _span(span: Span) -> str:
    text = inline_code(span.text) if span.code else escaped(span.text)
    if not span.link:
        return text
    address = re.sub(r"[()<>\s]", lambda sign: f"%{ord(sign[0]):02X}", span.link)
    # A masked link whose words are an address is not shown as one.
    return f"<{address}>" if "://" in span.text else f"[{text}](<{address}>)"
