"""Placeholders of a personal question: what may stand for them, and where they are used."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from string import Template

from bot.authoring.front_matter import Entry
from bot.authoring.keys import MAX_WORD, Keys
from bot.authoring.problems import MAX_PROBLEMS, Notes, nearest, quoted
from bot.core.questions import VARIANTS, Param

MAX_TEXT = 40
"""Most characters that may stand for a placeholder."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# Nothing with an operator, a quote or a bracket: what a learner is shown must parse as the author's code does.
_TEXT = re.compile(r"-?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?|[A-Za-z_][A-Za-z0-9_]*", re.ASCII)


def read_params(keys: Keys, notes: Notes) -> tuple[Param, ...]:
    """The placeholders in the order they are written; none where there is no ``params``."""
    entries = keys.mapping("params", "write `params: {a: [2, 3, 4, 5], b: [1, 3, 5, 7]}`")
    params = tuple(Param(name, _texts(name, entry, notes)) for name, entry in entries.items())
    for name, entry in entries.items():
        if len(name) > MAX_WORD or not _NAME.fullmatch(name):
            mend = "name a placeholder like a variable, as in `params: {a: [2, 3]}`"
            notes.add(entry.line, f"{quoted(name)} cannot be a placeholder", mend)
    count = math.prod(len(param.values) for param in params)
    if params and count < VARIANTS:
        mend = f"write more values, so that they make at least {VARIANTS}"
        keys.refuse("params", f"the values make {count} combinations", mend)
    return params


def _texts(name: str, entry: Entry, notes: Notes) -> tuple[str, ...]:
    texts = tuple(text.strip() for text in entry.texts)
    for line, text in zip(entry.lines, texts, strict=True):
        if len(text) > MAX_TEXT or not _TEXT.fullmatch(text):
            mend = f"write numbers or plain names, each of at most {MAX_TEXT} characters"
            notes.add(line, f"the value {quoted(text)} of {quoted(name)} is neither a number nor a name", mend)
    if len(set(texts)) < len(texts):
        notes.add(entry.line, f"{quoted(name)} has a value twice", "write each value once")
    return tuple(dict.fromkeys(texts))


def check_used(params: Sequence[Param], snippet: str, line: int, notes: Notes) -> None:
    """Note, at the snippet's 1-based ``line``, each placeholder the snippet does without."""
    used = set(Template(snippet).get_identifiers())
    for param in params:
        if param.name not in used:
            mend = f"write `${param.name}` where its value goes, or remove it from `params`"
            notes.add(line, f"the snippet does not use {quoted('$' + param.name)}", mend)


def check_filled(params: Sequence[Param], lines: Iterable[tuple[int, str]], notes: Notes) -> None:
    """Note each ``$`` in ``lines``, which come with their 1-based numbers, that a learner would be left with."""
    known = {f"${param.name}": None for param in params}
    left = ((number, name) for number, text in lines for name in dict.fromkeys(_names(text)) if name not in known)
    for number, name in islice(left, MAX_PROBLEMS + 1):
        if name == "$":
            notes.add(number, "a `$` without the name of a placeholder", "write `$$` for a dollar sign")
        else:
            notes.add(
                number, f"unknown placeholder {quoted(name)}", f"{nearest(name, known)} (for a dollar sign write `$$`)"
            )


def _names(text: str) -> Iterator[str]:
    """What each ``$`` of a line stands before, as ``$name``, or ``$`` alone; nothing for ``$$``."""
    for match in Template.pattern.finditer(text):
        if not match["escaped"]:
            yield f"${match['named'] or match['braced'] or ''}"
