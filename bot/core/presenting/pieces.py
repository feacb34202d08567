"""Small parts that several cards are made of."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.core.cards import Block, Code
from bot.core.verdicts import Verdict
from sandbox.protocol import Failure

MAX_SHOWN = 2_000
"""Characters of a learner's text or output a card repeats, unless it is the only copy left."""
# Code that is not Python raised nothing; of other stages the line is the author's.
_CAPTIONS = {
    "compile": "Python says:",
    "probe": "The probe raised, using your code:",
    "inputs": "Setting up the inputs raised:",
}


_MATRIX = re.compile(r"(tensor\()(\[{2,}[^…]*\])((?:, dtype=torch\.\w+)?\))")
_NEXT_ROW = re.compile(r"(?<=\]), (?=\[)")


def values(pairs: Sequence[tuple[str, str]]) -> tuple[Block, ...]:
    """Named values as they would be printed, one below the other: digits can be compared in fixed width alone."""
    if not pairs:
        return ()
    shown = [(" ".join(name.split()), in_rows(text)) for name, text in pairs]
    width = max(len(name) for name, _ in shown)
    has_rows = any("\n" in text for _, text in shown)
    lines = (f"{name}:\n{text}" if has_rows else f"{name:{width}}  {text}" for name, text in shown)
    return (Code(("\n\n" if has_rows else "\n").join(lines), "text"),)


def in_rows(text: str) -> str:
    """The text of a tensor of several dimensions with a line for each row, as torch prints it; any other as it is."""
    found = _MATRIX.fullmatch(text)
    if found is None:
        return text
    start, body, end = found.groups()
    rows = _NEXT_ROW.split(body)
    cells = [row.strip("[]").split(", ") for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    depth = len(body) - len(body.lstrip("["))
    lines = []
    for row, own in zip(rows, cells, strict=True):
        opening, closing = len(row) - len(row.lstrip("[")), len(row) - len(row.rstrip("]"))
        numbers = ", ".join(cell.rjust(width) for cell, width in zip(own, widths, strict=True))
        lines.append(" " * (depth - opening) + "[" * opening + numbers + "]" * closing)
    return start + (",\n" + " " * len(start)).join(lines) + end


def capped(text: str, limit: int = MAX_SHOWN) -> str:
    """The beginning of ``text``, saying how much was left out."""
    if len(text) <= limit:
        return text
    return f"{text[:limit]}\n… and {len(text) - limit} more characters"


def outcome_text(verdict: Verdict) -> str:
    """The outcome in words; code that is not Python never ran, so it is not called a runtime error."""
    never_ran = verdict.failure is not None and verdict.failure.stage == "compile"
    return "syntax error" if never_ran else verdict.outcome.value


def failure_caption(failure: Failure) -> str:
    """What stands above :func:`failure_text`: whose line it shows."""
    return _CAPTIONS.get(failure.stage, "Your code raised:")


def failure_text(failure: Failure) -> str:
    """An exception with the line it came from and, where known, a caret below it."""
    lines = []
    if failure.line is not None and failure.text.strip():
        prefix = f"line {failure.line} | "
        lines.append(prefix + failure.text)
        if failure.caret and failure.caret <= len(failure.text) + 1:
            # Tabs stay tabs: the caret must stand below its column whatever a tab is worth.
            before = "".join("\t" if character == "\t" else " " for character in failure.text[: failure.caret - 1])
            lines.append(" " * len(prefix) + before + "^")
    elif failure.line is not None:
        lines.append(f"line {failure.line}")
    lines.append(f"{failure.type}: {capped(failure.message, 600)}" if failure.message else failure.type)
    return "\n".join(lines)
