"""Undoes what chats, phones and notebooks do to source code.

Everything here is lexical and linear in the text. "Would it compile?" is never asked: compiling a stranger's text
is work for a cell (a 200,000-field f-string takes 22 s, deep nesting can bring the parser down). It need not be
asked either, because a curly quote, a typographic minus or an escaped ``<`` outside a string and a comment is never
Python, and inside one it is content to keep.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from textwrap import dedent

_PYTHON = frozenset({"", "python", "python3", "py", "py3", "pycon", "ipython", "ipython3", "pytorch", "torch"})
_DROPPED = dict.fromkeys([0x200B, 0x200E, 0x200F, 0x2060, 0xFEFF, *range(0x202A, 0x202F), *range(0x2066, 0x206A)])
_SPACES = dict.fromkeys([0xA0, 0x2007, 0x202F, 0x3000], " ")
_LINE_ENDS = re.compile("\r\n?|[\u2028\u2029\x85]")


def clean(text: str) -> str:
    """``text`` with ``\\n`` line ends, plain spaces, and neither zero-width nor bidi control characters."""
    # Bidi controls go because what a reader sees must be what runs.
    return _LINE_ENDS.sub("\n", text).translate(_DROPPED | _SPACES)


# --- fences ------------------------------------------------------------------------------------------------

_FENCE = re.compile(r"`{3,}|^[ \t]*~{3,}")
_MAY_PRECEDE_FENCE = re.compile(r'[^#"(=]*')
_TRIPLE = re.compile("\"\"\"|'''")
_FIRST_WORD = re.compile(r"[ \t]*\{?\.?([\w+#-]*)\}?")
_STATEMENT = re.compile(
    r"[ \t]*(?:(?:async[ \t]+def|def|class|import|from|return|for|while|if|with|print)\b|@|lambda\b)"
)


@dataclass
class _Block:
    mark: str
    language: str
    lines: list[str] = field(default_factory=list)

    def holds_python(self) -> bool:
        return self.language.lower() in _PYTHON


def blocks(text: str) -> list[str] | None:
    """The fenced blocks of ``text`` in order, those tagged with another language left out; ``None`` without a fence.

    An unclosed fence runs to the end. Where every block is empty (someone typed only the closing fence), the text
    around the fences is the one block. A fence inside a triple-quoted string is content.
    """
    found, outside = _split_fences(text.split("\n"))
    if not found:
        return None
    full = [block for block in found if any(line.strip() for line in block.lines)]
    chosen = [block for block in full if block.holds_python()] or full
    return ["\n".join(block.lines) for block in chosen] or ["\n".join(outside)]


def _split_fences(lines: Iterable[str]) -> tuple[list[_Block], list[str]]:
    found: list[_Block] = []
    outside: list[str] = []
    block: _Block | None = None
    quote = ""
    for line in lines:
        if block is None:
            opener = None if quote else _opener(line)
            if opener is None:
                outside.append(line)
                quote = _quote_after(quote, line)
                continue
            block, line = _open(opener, line)
            found.append(block)
        body, closed = (line, False) if quote else _close(block, line)
        block.lines.append(body)
        quote = _quote_after(quote, body)
        if closed:
            block, quote = None, ""
    return found, outside


def _opener(line: str) -> re.Match[str] | None:
    fence = _FENCE.search(line)
    return fence if fence and _MAY_PRECEDE_FENCE.fullmatch(line, 0, fence.start()) else None


def _open(opener: re.Match[str], line: str) -> tuple[_Block, str]:
    """The block a fence opens and the code that stands on the fence's own line."""
    mark = opener[0].strip()
    rest = line[opener.end() :]
    word = _FIRST_WORD.match(rest)
    assert word is not None
    after = rest[word.end() :]
    known = word[1].lower() in _PYTHON
    if known and (mark in rest or _STATEMENT.match(after)):
        return _Block(mark, word[1]), after
    # ```py title="x", ```{.python} and ```diff announce; ```def f(x): already is the code.
    if known or (not after.strip() and not mark.startswith("~")) or mark.startswith("~"):
        return _Block(mark, word[1]), ""
    return _Block(mark, ""), rest


def _close(block: _Block, line: str) -> tuple[str, bool]:
    if block.mark.startswith("~"):
        return ("", True) if line.lstrip().startswith(block.mark) else (line, False)
    body, mark, _ = line.partition(block.mark)
    return body, bool(mark)


def _quote_after(quote: str, line: str) -> str:
    """Which triple quote is open after ``line`` when ``quote`` was open before it."""
    for triple in _TRIPLE.findall(line):
        quote = triple if not quote else "" if quote == triple else quote
    return quote


# --- prompts -----------------------------------------------------------------------------------------------

_DOCTEST = re.compile(r"(?:>>>|\.\.\.)(?: |$)")
_IPYTHON = re.compile(r"(?:In ?\[\d*\]:|[ \t]*\.{3,}:) ?")
_OUTPUT = re.compile(r"Out ?\[\d*\]:")


def without_prompts(text: str) -> str:
    """``text`` without ``>>>``, ``...`` and ``In [3]:``, and without the output between them, if it has any."""
    lines = text.split("\n")
    quote = ""
    for line in lines:
        if not quote and line.startswith(">>>"):
            return "\n".join(line[4:] for line in lines if _DOCTEST.match(line))
        if not quote and line.startswith("In") and _IPYTHON.match(line):
            return "\n".join(_notebook_code(lines))
        quote = _quote_after(quote, line)
    return text


def _notebook_code(lines: Iterable[str]) -> Iterable[str]:
    # After a bare "In [3]:" the cell's code follows without prompts; after "In [3]: x" whatever does is output.
    in_cell = False
    for line in lines:
        if prompt := _IPYTHON.match(line):
            code = line[prompt.end() :]
            in_cell = not code.strip() and line.startswith("In")
            yield code
        elif _OUTPUT.match(line):
            in_cell = False
        elif in_cell:
            yield line


# --- characters that are not Python outside strings and comments -------------------------------------------

# Possessive quantifiers stand on single characters only: on groups, Python before 3.11.5 matches them wrongly.
_LITERAL = re.compile(
    r"""
    (?P<kept> \#[^\n]*+
        | \"\"\"[^"\\]*+(?:(?:\\.?|"(?!""))[^"\\]*+)*(?:\"\"\"|\Z)
        | '''[^'\\]*+(?:(?:\\.?|'(?!''))[^'\\]*+)*(?:'''|\Z)
        | "[^"\\\n]*+(?:\\.[^"\\\n]*+)*" | '[^'\\\n]*+(?:\\.[^'\\\n]*+)*' )
    | (?P<torn> ["'][^\n]*+ )
    | (?P<curly> [“”„‟]{3}[^“”„‟]*+[“”„‟]{3} | [“”„‟][^“”„‟"\n]*+[“”„‟"] | [‘’‚‛][^‘’‚‛'\n]*+[‘’‚‛'] | [“”„‟‘’‚‛] )
    | (?P<sign> [−–‑—…] )
    """,
    re.VERBOSE | re.DOTALL,
)
_STRAIGHT = str.maketrans("“”„‟‘’‚‛", "\"\"\"\"''''")
_SIGNS = str.maketrans({"−": "-", "–": "-", "‑": "-", "—": "--", "…": "..."})
_ENTITY = re.compile("&(?:lt|gt|amp);")
_UNESCAPED = re.compile("[<>]|&(?!lt;|gt;|amp;)")


def straighten(text: str) -> str:
    """``text`` with curly quotes and typographic signs made plain wherever they stand for code."""
    return _LITERAL.sub(_straighten_one, text)


def _straighten_one(match: re.Match[str]) -> str:
    literal = match[0]
    match match.lastgroup:
        case "torn":
            # A string that never ends on its line cannot run as it is: its other end was curled.
            return literal.translate(_STRAIGHT)
        case "curly":
            ends = 3 if len(literal) > 5 and literal[:3].translate(_STRAIGHT) == '"""' else 1
            head, body, tail = literal[:ends], literal[ends:-ends], literal[ends:][-ends:]
            return head.translate(_STRAIGHT) + body + tail.translate(_STRAIGHT)
        case "sign":
            return literal.translate(_SIGNS)
    return literal


def unescape(text: str) -> str:
    """``text`` with ``&lt; &gt; &amp;`` undone where a chat escaped it.

    A chat that escapes leaves no bare ``<``, ``>`` or ``&`` behind, and some of what it escaped is code.
    """
    if _UNESCAPED.search(text) or not _ENTITY.search(_code_only(text)):
        return text
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _code_only(text: str) -> str:
    return _LITERAL.sub("", text)


# --- code or prose -----------------------------------------------------------------------------------------

_SURE_SIGN = re.compile(
    r"^[ \t]*(?:(?:async[ \t]+def|def|class|import|return|raise|assert)[ \t]+[\w(\[]|from[ \t]+\S+[ \t]+import\b|@\w"
    r"|(?:if|for|while|with|try|else|elif|except|finally|match|case)\b[^\n]*:[ \t]*$)|\blambda\b",
    re.MULTILINE,
)
_SIGN = re.compile(r"\w\(|[\w\])][ \t]*[-+*/@%&|^]?=|\*\*")
_WORDS = re.compile(r"([A-Za-z]++(?:['’][a-z]++)?)(?: +|$)|\w+|.", re.DOTALL)
_LANGUAGE_LINE = re.compile(r"\s*(?:python3?|py3?|pytorch)[ \t]*:?[ \t]*\n", re.IGNORECASE)
_INLINE = re.compile(r"[ \t]*`([^`\n]*)`[ \t]*")


def looks_like_code(text: str) -> bool:
    """Whether anything in ``text`` reads as Python, be it broken Python."""
    code = _code_only(text)
    if _SURE_SIGN.search(code):
        return True
    return bool(_SIGN.search(code)) and not any(_is_sentence(line) for line in code.split("\n"))


def _is_sentence(line: str) -> bool:
    """Whether three words in a row are no keywords, which no Python has outside a string."""
    run = 0
    for match in _WORDS.finditer(line):
        run = run + 1 if match[1] and not keyword.iskeyword(match[1]) else 0
        if run == 3:
            return True
    return False


def without_prose(text: str) -> str:
    """``text`` without the sentences before and after the code."""
    lines = text.split("\n")
    start, end = 0, len(lines)
    while start < end and _is_around(lines[start]):
        start += 1
    while end > start and _is_around(lines[end - 1]):
        end -= 1
    return "\n".join(lines[start:end]) if start < end else text


def _is_around(line: str) -> bool:
    if not line.strip():
        return True
    if line[0] in " \t#" or _SURE_SIGN.search(line):
        return False
    if _is_sentence(_code_only(line)):
        return True
    # A line such as "Here is my answer:"; strict, so that a misspelt first line of code is reported, not dropped.
    first, *others = line.split()
    plain = not set(line) & set('=()[]{}#"@\\*')
    return (
        plain and bool(others) and not keyword.iskeyword(first) and (first[0].isupper() or line.rstrip()[-1] in ":.!")
    )


def without_wrapping(text: str) -> str:
    """``text`` without single backticks around it or around each of its lines, and without a first line ``python``."""
    stripped = text.strip()
    inline = [_INLINE.fullmatch(line) for line in text.split("\n") if line.strip()]
    if inline and all(inline):
        text = "\n".join(match[1] for match in inline if match)
    elif stripped.count("`") == 2 and stripped.startswith("`") and stripped.endswith("`"):
        text = stripped[1:-1]
    language = _LANGUAGE_LINE.match(text)
    return text[language.end() :] if language and text[language.end() :].strip() else text


def plain(text: str) -> str:
    """One block's source: dedented, prompts gone, quotes straight, escapes undone."""
    return dedent(without_prompts(unescape(straighten(dedent(text.strip("\n"))))))
