"""The outer shape of a question file: text, front matter and ``##`` sections, with the line of everything.

Reads structure only; what a section means is for :mod:`bot.authoring.parsing` to say.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.token import Token

from bot.authoring.problems import Notes, quoted
from bot.core.sizes import MAX_QUESTION_FILE

MAX_LINES = 5_000
"""Most lines read: Markdown made of tiny blocks takes seconds long before it fills a file."""

# Levels of Markdown read: a quote is one and a list is two. Every line costs time for each level it stands in.
_LEVELS = 6
_CONTAINERS = frozenset({"blockquote_open", "list_item_open"})
# Tangles of lists, quotes and fences are read again and again; a file of 5,000 plain lines takes far fewer steps.
_MOST_STEPS = 25_000
_FENCE = "---"
_BOM = b"\xef\xbb\xbf"
# Controls, line ends only YAML sees, and characters that hide or reorder the text around them.
# Joiners and variation selectors are left: emoji are made with them.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u2028-\u202e"
    "\u2060-\u2069\u2800\u3164\ud800-\udfff\ufeff\uffa0\U000e0000-\U000e007f]"
)
_MARKER = re.compile(r"\s*(?:[-*+]|\d{1,9}[.)])(?:\s+|$)")


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a list: its own Markdown, without marker and indentation, and its 1-based line."""

    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Block:
    """One top-level block of Markdown, lines ``start`` to ``end`` (0-based, end exclusive) of the file.

    ``code`` is a fence's content, None for anything else; ``heading`` a heading's text, with its ``depth``;
    ``items`` those of a list.
    """

    start: int
    end: int
    code: str | None = None
    heading: str | None = None
    depth: int = 0
    items: tuple[Item, ...] = ()

    @property
    def line(self) -> int:
        """The 1-based line it begins on."""
        return self.start + 1


@dataclass(frozen=True, slots=True)
class Section:
    """What stands under one ``##`` heading: its blocks, and the 1-based line of the heading."""

    name: str
    line: int
    end: int
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A question file by its parts; ``lines`` have author's comments and the front matter blanked.

    ``front_matter`` is the text between its fences, None where there is none.
    ``whole`` is False when a fence or comment is never closed: what follows it is then lost, not missing.
    """

    lines: tuple[str, ...]
    front_matter: str | None
    sections: tuple[Section, ...]
    whole: bool

    def prose(self, start: int, end: int) -> str:
        """The Markdown between two 0-based lines, without the blank lines around it."""
        return "\n".join(self.lines[start:end]).strip("\n").rstrip()


def normalised(text: str | bytes) -> bytes:
    """UTF-8 without a byte order mark, lines ended by LF alone: what a file says, whatever editor saved it."""
    return _encoded(text).removeprefix(_BOM).replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def _encoded(text: str | bytes) -> bytes:
    # A str with lone surrogates is hostile but must still have a digest; reading it as UTF-8 then refuses it.
    return text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text


def read_document(text: str | bytes, notes: Notes) -> Document | None:
    """The parts of a question file, or None (and a problem) if it is not text of an acceptable size."""
    raw = _encoded(text)
    if len(raw) > MAX_QUESTION_FILE:
        notes.add(1, f"the file is larger than {MAX_QUESTION_FILE // 1024} KiB", "shorten it")
        return None
    raw = normalised(raw)
    if raw.count(b"\n") > MAX_LINES:
        notes.add(MAX_LINES, f"the file has more than {MAX_LINES} lines", "shorten it")
        return None
    content = _decoded(raw, notes)
    if content is None:
        return None
    lines = content.split("\n")
    front_matter, start = _split(lines, notes)
    lines[:start] = [""] * start
    try:
        blocks, whole = _blocks(lines, notes)
    except _TangledError as error:
        notes.add(error.line + 1, error.what, "put at most one list or quote inside another")
        return None
    return Document(tuple(lines), front_matter, _sections(blocks, len(lines), notes), whole)


def _decoded(raw: bytes, notes: Notes) -> str | None:
    try:
        content = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        notes.add(line, f"byte 0x{raw[error.start]:02x} is not UTF-8", "save the file as UTF-8")
        return None
    for number, line_text in enumerate(content.split("\n"), 1):
        if unseen := unseen_in(line_text):
            notes.add(number, f"the invisible character {unseen} is not allowed", "delete it")
    # Replaced rather than kept, so that the rest of the file can still be read and its problems told.
    return _UNSEEN.sub("\ufffd", content)


def unseen_in(text: str) -> str | None:
    """The first character of ``text`` that does not show, as ``U+200B``; None if there is none."""
    found = _UNSEEN.search(text)
    return f"U+{ord(found[0]):04X}" if found else None


def _split(lines: Sequence[str], notes: Notes) -> tuple[str | None, int]:
    """The front matter (None if there is none), and how many lines it takes with its fences."""
    if lines[0].rstrip() != _FENCE:
        notes.add(1, "the file does not begin with front matter", "begin it with a line `---`, then `format: 1`")
        return None, 0
    for index, line in enumerate(lines[1:], 1):
        if line.rstrip() == _FENCE:
            return "\n".join(lines[1:index]), index + 1
        if line.startswith("## "):
            notes.add(1, "the front matter is not closed", f"put a line `---` before line {index + 1}")
            return "\n".join(lines[1:index]), index
    notes.add(1, "the front matter is not closed", "put a line `---` after its last key")
    return None, 0


def split_paragraph(text: str) -> tuple[str, str]:
    """The paragraph ``text`` begins with, on one line, and the Markdown after it; ``""`` if it begins otherwise."""
    try:
        tokens = _MARKDOWN.parse(text, {})
    except _TangledError:
        return "", text
    if not tokens or tokens[0].type != "paragraph_open" or tokens[0].map is None:
        return "", text
    return " ".join(tokens[1].content.split()), "\n".join(text.split("\n")[tokens[0].map[1] :]).strip()


def _markdown() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"maxNesting": _LEVELS})
    # Block structure is all that is needed. A paragraph over `---` must not silently become a section.
    markdown.core.ruler.enableOnly(["normalize", "block"])
    markdown.disable(["lheading", "reference"])
    chains = ["paragraph", "blockquote", "list"]
    markdown.block.ruler.before("code", "steps", _count_step, {"alt": chains})
    markdown.enable("steps")
    return markdown


class _TangledError(Exception):
    """Markdown not read to its end because of ``what`` stands at a 0-based line: the rest is lost, not missing."""

    def __init__(self, line: int, what: str) -> None:
        super().__init__(what)
        self.line, self.what = line, what


def _count_step(state: StateBlock, line: int, end: int, silent: bool) -> bool:
    """A rule that matches nothing and counts how often any rules are tried."""
    state.env["steps"] = state.env.get("steps", 0) + 1
    if state.env["steps"] > _MOST_STEPS:
        raise _TangledError(line, "lists, quotes and code fences are too tangled to be read")
    return False


_MARKDOWN = _markdown()


def _blocks(lines: list[str], notes: Notes) -> tuple[list[Block], bool]:
    """The top-level blocks of ``lines``, in which comments are blanked; and whether all of them end."""
    tokens = _MARKDOWN.parse("\n".join(lines), {})
    _check_depth(tokens)
    whole = True
    for token in tokens:
        if token.map is not None and (token.type == "fence" or _is_comment(token)):
            whole = _closed(token, lines, notes) and whole
        if token.map is not None and _is_comment(token):
            lines[token.map[0] : token.map[1]] = [""] * (token.map[1] - token.map[0])
    blocks = [
        _block(index, tokens, lines)
        for index, token in enumerate(tokens)
        if token.map is not None and not token.level and not _is_comment(token)
    ]
    return blocks, whole


def _check_depth(tokens: Sequence[Token]) -> None:
    """Raise at the first list item or quote whose content is nested too deep to have been read."""
    for token in tokens:
        if token.type in _CONTAINERS and token.level >= _LEVELS - 1 and token.map:
            raise _TangledError(token.map[0], "lists or quotes are nested too deep")


def _is_comment(token: Token) -> bool:
    return token.type == "html_block" and token.content.lstrip().startswith("<!--")


def _closed(token: Token, lines: Sequence[str], notes: Notes) -> bool:
    start, end = token.map or (0, 0)
    if _is_comment(token) and "-->" not in token.content:
        notes.add(start + 1, "this comment is never closed, so the rest of the file is lost", "end it with `-->`")
        return False
    if token.type == "fence":
        last = lines[end - 1].strip(" \t>")
        if end - start < 2 or set(last) != {token.markup[0]} or len(last) < len(token.markup):
            mend = f"end the code with a line {token.markup[:20]}"
            notes.add(start + 1, "this code fence is never closed, so the rest of the file is lost in it", mend)
            return False
    return True


def _block(index: int, tokens: Sequence[Token], lines: Sequence[str]) -> Block:
    token = tokens[index]
    start, end = token.map or (0, 0)
    match token.type:
        case "fence":
            return Block(start, end, code=token.content)
        case "heading_open":
            return Block(start, end, heading=tokens[index + 1].content, depth=int(token.tag[1:]))
        case "bullet_list_open" | "ordered_list_open":
            return Block(start, end, items=_items(index, tokens, lines))
        case _:
            return Block(start, end)


def _items(index: int, tokens: Sequence[Token], lines: Sequence[str]) -> tuple[Item, ...]:
    items: list[Item] = []
    for token in tokens[index + 1 :]:
        if token.level == 0:
            break
        if token.type == "list_item_open" and token.level == 1 and token.map:
            items.append(Item(token.map[0] + 1, _item(lines[token.map[0] : token.map[1]])))
    return tuple(items)


def _item(lines: Sequence[str]) -> str:
    """A list item's own Markdown, without its marker and indentation."""
    first, *rest = (line.expandtabs(4) for line in lines)
    marker = _MARKER.match(first)
    width = marker.end() if marker else 0
    # Lazy continuation lines may be indented less than the item: take only the spaces that are there.
    dedented = [line[min(width, len(line) - len(line.lstrip())) :] for line in rest]
    return "\n".join([first[width:], *dedented]).strip()


def _sections(blocks: Sequence[Block], count: int, notes: Notes) -> tuple[Section, ...]:
    for block in blocks:
        if block.heading is not None and block.depth == 1:
            mend = "begin a section with `##`; put code between ``` lines"
            notes.add(block.line, f"the heading {quoted(block.heading)} has one `#`", mend)
    heads = [index for index, block in enumerate(blocks) if block.heading is not None and block.depth == 2]
    if heads and heads[0] > 0:
        notes.add(blocks[0].line, "text before the first section is never shown", "move it under a `##` section")
    return tuple(
        Section(
            name=blocks[head].heading or "",
            line=blocks[head].line,
            end=blocks[end].start if end < len(blocks) else count,
            blocks=tuple(blocks[head + 1 : end]),
        )
        for head, end in pairwise([*heads, len(blocks)])
    )
