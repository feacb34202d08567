"""Where the parts of a question file stand, so that what is found out when it runs can be told at its line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bot.authoring.answers import answer_groups
from bot.authoring.document import Block, read_document
from bot.authoring.front_matter import read_entries
from bot.authoring.head import read_kind
from bot.authoring.problems import Notes
from bot.authoring.sections import Sections
from bot.core.proving.proof import Check

CODE_SECTIONS = ("Starter", "Inputs", "Probe", "Example", "Snippet", "Expression", "Solution", "Proof")
"""The sections that are one code fence."""


def code_lines(text: str | bytes) -> Mapping[str, int]:
    """The 1-based line of the file on which each piece of code begins, as the question read from ``text`` holds it.

    By the name of its section, wrong answers as ``"Wrong answers/1"`` and so on; line n of that code is n - 1 lines
    further down. With them the line of each key of the front matter, as ``"key/observe"``. Of a file that does not
    parse, whatever could be found; never raises.
    """
    # Whoever asks has parsed the file: its problems were told then.
    notes = Notes("")
    document = read_document(text, notes)
    if document is None:
        return {}
    entries, _ = read_entries(document.front_matter, notes)
    kind = read_kind(entries, notes)
    lines = {f"key/{key}": entry.line for key, entry in entries.items()}
    for name, fence in _fences(Sections(document, kind, notes)):
        lines[name] = _first_line(fence, one_line=kind == "value" and name != "Snippet")
    return lines


def line_of(check: Check, begins: Mapping[str, int]) -> int | None:
    """The 1-based line of the file that ``check`` is about, where code ``begins`` as :func:`code_lines` says.

    ``None`` where it is about no part of the file, or that part could not be found.
    """
    return begins[check.section] + (check.line or 1) - 1 if check.section in begins else None


def _fences(sections: Sections) -> Iterator[tuple[str, Block]]:
    for name in CODE_SECTIONS:
        fence = sections.fence(name)
        if fence:
            yield name, fence
    for number, group in enumerate(answer_groups(sections), 1):
        if group.fence:
            yield f"Wrong answers/{number}", group.fence


def _first_line(fence: Block, one_line: bool) -> int:
    """The line under the opening fence; where code is ``one_line`` the question holds it without blank lines."""
    code = fence.code or ""
    blank = len(code) - len(code.lstrip()) if one_line else 0
    return fence.line + 1 + code.count("\n", 0, blank)
