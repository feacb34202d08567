"""What the keys of the front matter mean."""

from __future__ import annotations

import keyword
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from string import Template

from bot.authoring.comparison_keys import Comparison, read_comparison
from bot.authoring.document import unseen_in
from bot.authoring.front_matter import Entry
from bot.authoring.keys import MAX_WORD, Keys
from bot.authoring.params import read_params
from bot.authoring.problems import Notes, closest, nearest, quoted
from bot.core.questions import Kind, Level, Param

FORMATS = ("1",)
KINDS = tuple(Kind)
KEYS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("format", "id", "title", "kind", "level", "topics"), KINDS),
    **dict.fromkeys(("time_limit", "entry", "observe", "backward", "none_is_zero"), ("code",)),
    **dict.fromkeys(("tolerance", "zero", "not_finite", "trust", "accepts"), ("code",)),
    "params": ("value",),
}
"""The kinds of question each key has a meaning for."""
REQUIRED_KEYS = ("format", "id", "title", "kind", "level", "topics", "entry")

MAX_TITLE = 80
MIN_SECONDS, MAX_SECONDS = Decimal("0.1"), Decimal(30)

_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
# What would notify people, or point at them, where a chat takes the title for markup of its own.
_MENTION = re.compile(r"@(?:everyone|here|channel)\b|<[@!#]", re.IGNORECASE)
_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
_OBSERVATION = re.compile(rf"result|grad\({_NAME}\)")
_PROBED = re.compile(rf"{_NAME}|grad\({_NAME}\)")
_SECONDS = re.compile(r"\d{1,3}(?:\.\d{1,3})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Head:
    """The front matter, read. Where a key was refused its value is a stand-in: problems were noted then.

    ``typed``: answers are certainly values as a learner types them, rather than code.
    """

    id: str
    title: str
    kind: str
    level: Level
    topics: tuple[str, ...]
    entry: str
    observe: tuple[str, ...]
    backward: bool
    none_is_zero: bool
    comparison: Comparison
    time_limit_ms: int
    params: tuple[Param, ...]
    typed: bool


def read_kind(entries: Mapping[str, Entry], notes: Notes) -> str:
    """The kind of question, ``""`` where it is missing or unknown."""
    return Keys(entries, notes).one_of("kind", KINDS)


def read_head(entries: Mapping[str, Entry], kind: str, whole: bool, probed: bool | None, notes: Notes) -> Head:
    """The meaning of the front matter's entries; everything wrong with them, but for the kind, is noted.

    Only what is certain is noted: nothing about keys that may be lost, where the entries are not the ``whole`` of what
    was written, or that may be misspelt. ``probed``: there is a probe; None where that is not certain.
    """
    meant, misspelt = _meant(entries, kind, notes)
    lost = misspelt if whole else frozenset(KEYS) - set(entries)
    _check_presence({*entries, *lost}, kind, probed, notes)
    keys = Keys(meant, notes)
    _check_format(keys)
    count = notes.count
    observe = _observe(keys, probed)
    all_observed = "observe" not in lost and notes.count == count
    title = _title(keys)
    return Head(
        id=_slug(keys),
        title=title,
        kind=kind,
        level=Level(keys.one_of("level", tuple(Level)) or Level.EASY),
        topics=keys.words("topics", _SLUG, "use lower-case words joined by hyphens"),
        entry=_entry(keys),
        observe=observe,
        backward=_backward(keys, probed),
        none_is_zero=keys.flag("none_is_zero"),
        comparison=read_comparison(keys, observe if all_observed else None),
        time_limit_ms=_milliseconds(keys),
        params=_params(keys, title, notes),
        typed=kind == "value" and "params" not in {*entries, *lost},
    )


def _meant(entries: Mapping[str, Entry], kind: str, notes: Notes) -> tuple[dict[str, Entry], frozenset[str]]:
    """The entries that have a meaning for ``kind``, and the keys others were meant to be; the others are noted."""
    meant: dict[str, Entry] = {}
    misspelt: set[str | None] = set()
    known = [key for key, kinds in KEYS.items() if not kind or kind in kinds]
    for key, entry in entries.items():
        if key not in KEYS:
            notes.add(entry.line, f"unknown key {quoted(key)}", nearest(key, known))
            misspelt.add(closest(key, known))
        elif kind and kind not in KEYS[key]:
            notes.add(entry.line, f"`{key}` has no meaning for a {kind} question", "remove it")
        else:
            meant[key] = entry
    return meant, frozenset(key for key in misspelt if key)


def _check_presence(keys: Collection[str], kind: str, probed: bool | None, notes: Notes) -> None:
    for key in REQUIRED_KEYS:
        if key not in keys and (kind in KEYS[key] or KEYS[key] == KINDS):
            notes.add(1, f"the key `{key}` is missing", f"add a line `{key}: …` to the front matter")
    if probed and kind == "code" and "observe" not in keys:
        mend = "add a line `observe: [result]` with the names the probe returns"
        notes.add(1, "the key `observe` is missing; with a probe it is needed", mend)


def _check_format(keys: Keys) -> None:
    text = keys.text("format")
    if text is not None and text not in FORMATS:
        reads = ", ".join(f"`format: {known}`" for known in FORMATS)
        mend = f"this version of chainrule reads {reads}: write that, or use a newer version"
        keys.refuse("format", f"format {quoted(text)} is not known here", mend)


def _slug(keys: Keys) -> str:
    text = keys.text("id")
    if text is not None and not is_id(text):
        keys.refuse("id", f"`id` is {quoted(text)}", ID_FORM)
    return text or ""


ID_FORM = f"use lower-case words joined by hyphens, at most {MAX_WORD} characters, as in `square-gradient`"


def is_id(text: str) -> bool:
    """Whether ``text`` can be the id of a question, and so a file's name without ``.md``."""
    return len(text) <= MAX_WORD and _SLUG.fullmatch(text) is not None


def _title(keys: Keys) -> str:
    text = keys.text("title")
    if text is None:
        return ""
    if "\n" in text or "\t" in text or unseen_in(text):
        keys.refuse("title", "the title has a line break or an invisible character", "keep it to one plain line")
    elif len(text) > MAX_TITLE:
        keys.refuse("title", f"the title has {len(text)} characters", f"shorten it to {MAX_TITLE}")
    elif not any(character.isalnum() for character in text):
        keys.refuse("title", "the title has neither a letter nor a digit", "say in a few words what is asked")
    elif mention := _MENTION.search(text):
        what = f"the title has {quoted(mention[0])}, which calls people in a chat"
        keys.refuse("title", what, "leave it out; the title is plain text")
    return text


def _params(keys: Keys, title: str, notes: Notes) -> tuple[Param, ...]:
    params = read_params(keys, notes)
    for name in sorted({param.name for param in params} & set(Template(title).get_identifiers())):
        keys.refuse("title", f"the title has the placeholder {quoted('$' + name)}", "a title is the same for everybody")
    return params


def _entry(keys: Keys) -> str:
    text = keys.text("entry")
    if text is not None and not (text.isascii() and text.isidentifier() and not keyword.iskeyword(text)):
        mend = "write the name of the function or class, as in `entry: gradient`"
        keys.refuse("entry", f"`entry` is {quoted(text)}", mend)
        return ""
    return text or ""


def _observe(keys: Keys, probed: bool | None) -> tuple[str, ...]:
    if probed is not False:
        mend = "observe names the probe returns, such as `result`, `steps` or `grad(x)`"
        return keys.words("observe", _PROBED, mend) or ("result",)
    mend = "observe `result` or `grad(NAME)`, NAME being an input; other names need a `## Probe`"
    return keys.words("observe", _OBSERVATION, mend) or ("result",)


def _backward(keys: Keys, probed: bool | None) -> bool:
    if probed and "backward" in keys:
        keys.refuse("backward", "`backward` has no meaning with a probe", "remove it and call backward in the probe")
    return keys.flag("backward")


def _milliseconds(keys: Keys) -> int:
    text = keys.text("time_limit")
    if text is None:
        return 5_000
    if not _SECONDS.fullmatch(text) or not MIN_SECONDS <= Decimal(text) <= MAX_SECONDS:
        mend = f"write seconds from {MIN_SECONDS} to {MAX_SECONDS}, as in `time_limit: 5`"
        keys.refuse("time_limit", f"`time_limit` is {quoted(text)}", mend)
        return 5_000
    return int(Decimal(text) * 1000)
