"""Text of strangers with nothing hidden in it."""

from __future__ import annotations

import unicodedata

_MAX_TITLE = 200
_BLANK_LETTERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def visible(text: str, *, one_line: bool = False) -> str:
    """``text`` with every character that cannot be seen, or that moves others about, written as its escape.

    Line feeds and tabs stay, unless ``one_line``.
    """
    kept = "" if one_line else "\n\t"
    return "".join(
        character if character in kept or not _is_unseen(character) else _escape(character)
        for character in text.replace("\r\n", "\n")
    )


def _is_unseen(character: str) -> bool:
    return (not character.isascii() and character in _BLANK_LETTERS) or unicodedata.category(character) in _UNSEEN


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def shortened(text: str, limit: int = _MAX_TITLE) -> str:
    """``text`` on one line, visible, and at most about ``limit`` characters."""
    head = visible(text[: limit + 1], one_line=True)
    return head if len(text) <= limit else f"{head[:limit]}… ({len(text)} characters)"
