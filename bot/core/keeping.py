"""What is kept of people: for how long, and how they are given it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta

GRACE = timedelta(days=30)
"""How long a community that removed the bot can change its mind."""
RETENTION = timedelta(days=365)
"""How long texts are kept where nothing else is set."""
ADDRESSES_KEPT = timedelta(days=1)
"""How long an address is kept that nobody can write to any more."""
MAX_EXPORT = 7_000_000
"""Bytes of a file that every chat takes."""
DELETE_YES = "delete yes"
HIDE_OFF = "hide off"
_WORDS = ("show", "hide", HIDE_OFF, "export", "delete", DELETE_YES)


def asked(said: str) -> str | None:
    """What of privacy is asked for, ``show`` without a word; ``None`` for what is none of it."""
    words = " ".join(said.strip(" \t\r\n.!`'\"").lower().split()) or "show"
    words = "hide" if words == "hide on" else words
    return words if words in _WORDS else None


def export_text(head: Mapping[str, object], rows: Mapping[str, Sequence[Mapping[str, object]]]) -> str:
    """One JSON text to read, at most :data:`MAX_EXPORT` bytes; where it is too much, the oldest answers lose theirs.

    ``left_out`` then says of how many answers only that they were given is there.
    """
    left_out = 0
    answers = list(rows.get("submission", ()))
    while True:
        kept = [*map(_bare, answers[:left_out]), *answers[left_out:]]
        note = {"left_out": left_out} if left_out else {}
        text = json.dumps({**head, **note, **rows, "submission": kept}, ensure_ascii=False, indent=1)
        if len(text.encode("utf-8", "replace")) <= MAX_EXPORT or left_out == len(answers):
            return text
        left_out = min(len(answers), max(1, 2 * left_out))


def _bare(answer: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in answer.items() if name not in ("text", "verdict")}
