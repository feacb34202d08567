"""What the keys of the front matter mean."""

from __future__ import annotations

import keyword
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from bot.authoring.document import unseen_in
from bot.authoring.front_matter import Entry
from bot.authoring.problems import Notes, nearest, quoted
from bot.core.questions import Level

FORMAT = "1"
KINDS = ("code", "value")
KEYS = ("format", "id", "title", "kind", "level", "topics")
OPTIONAL_KEYS = ("time_limit",)
CODE_KEYS = ("entry",)
OPTIONAL_CODE_KEYS = ("observe", "backward", "none_is_zero")
ALL_KEYS = KEYS + OPTIONAL_KEYS + CODE_KEYS + OPTIONAL_CODE_KEYS

MAX_TITLE = 80
MAX_SLUG = 60
MIN_SECONDS, MAX_SECONDS = Decimal("0.1"), Decimal(30)

_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_OBSERVATION = re.compile(r"result|grad\(([A-Za-z_][A-Za-z0-9_]*)\)")
_SECONDS = re.compile(r"\d{1,3}(?:\.\d{1,3})?", re.ASCII)
_FLAGS = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Head:
    """The front matter, read. Where a key was refused its value is a stand-in: problems were noted then."""

    id: str
    title: str
    kind: str
    level: Level
    topics: tuple[str, ...]
    entry: str
    observe: tuple[str, ...]
    backward: bool
    none_is_zero: bool
    time_limit_ms: int


def read_head(entries: Mapping[str, Entry], whole: bool, notes: Notes) -> Head:
    """The meaning of the front matter's entries; everything wrong with them is noted.

    Missing keys are noted only if the entries are the ``whole`` of what was written.
    """
    keys = _Keys(entries, notes)
    kind = keys.one_of("kind", KINDS)
    keys.check_names(kind)
    if whole:
        keys.check_presence(kind)
    keys.one_of("format", (FORMAT,))
    return Head(
        id=keys.slug("id"),
        title=keys.title(),
        kind=kind,
        level=Level(keys.one_of("level", tuple(Level)) or Level.EASY),
        topics=keys.topics(),
        entry=keys.entry() if kind == "code" else "",
        observe=keys.observe(),
        backward=keys.flag("backward"),
        none_is_zero=keys.flag("none_is_zero"),
        time_limit_ms=keys.milliseconds("time_limit", 5_000),
    )


class _Keys:
    """Typed reading of entries; each method notes what it refuses and then answers with a stand-in."""

    def __init__(self, entries: Mapping[str, Entry], notes: Notes) -> None:
        self._entries = entries
        self._notes = notes

    def check_names(self, kind: str) -> None:
        for key, entry in self._entries.items():
            if key not in ALL_KEYS:
                self._notes.add(entry.line, f"unknown key {quoted(key)}", nearest(key, ALL_KEYS))
            elif kind == "value" and key in CODE_KEYS + OPTIONAL_CODE_KEYS:
                self._notes.add(entry.line, f"`{key}` has no meaning for a value question", "remove it")

    def check_presence(self, kind: str) -> None:
        for key in KEYS + (CODE_KEYS if kind == "code" else ()):
            if key not in self._entries:
                self._notes.add(1, f"the key `{key}` is missing", f"add a line `{key}: …` to the front matter")

    def one_of(self, key: str, options: tuple[str, ...]) -> str:
        text = self._text(key)
        if text is None or text in options:
            return text or ""
        if key == "format":
            self._refuse(key, f"format {quoted(text)} is not known here", f"write `format: {FORMAT}`")
        else:
            self._refuse(key, f"`{key}` is {quoted(text)}", nearest(text, options))
        return ""

    def slug(self, key: str) -> str:
        text = self._text(key)
        if text is not None and (len(text) > MAX_SLUG or not _SLUG.fullmatch(text)):
            mend = f"use lower-case words joined by hyphens, at most {MAX_SLUG} characters, as in `square-gradient`"
            self._refuse(key, f"`{key}` is {quoted(text)}", mend)
        return text or ""

    def title(self) -> str:
        text = self._text("title")
        if text is None:
            return ""
        if "\n" in text or "\t" in text or unseen_in(text):
            self._refuse("title", "the title has a line break or an invisible character", "keep it to one plain line")
        elif len(text) > MAX_TITLE:
            self._refuse("title", f"the title has {len(text)} characters", f"shorten it to {MAX_TITLE}")
        return text

    def topics(self) -> tuple[str, ...]:
        entry = self._entries.get("topics")
        if entry and (not entry.is_list or not entry.texts):
            self._refuse("topics", "`topics` is not a list", "write `topics: [accumulation, leaf]`")
        return self._list("topics", _SLUG, "use lower-case words joined by hyphens")

    def entry(self) -> str:
        text = self._text("entry")
        if text is not None and (not text.isidentifier() or not text.isascii() or keyword.iskeyword(text)):
            self._refuse(
                "entry", f"`entry` is {quoted(text)}", "write the name of the function, as in `entry: gradient`"
            )
            return ""
        return text or ""

    def observe(self) -> tuple[str, ...]:
        mend = "observe `result` or `grad(NAME)`, NAME being an input"
        return self._list("observe", _OBSERVATION, mend) or ("result",)

    def flag(self, key: str) -> bool:
        if key not in self._entries:
            return False
        text = self._text(key)
        if text is not None and text.lower() not in _FLAGS:
            self._refuse(key, f"`{key}` is {quoted(text)}", "write `true` or `false`")
        return _FLAGS.get((text or "").lower(), False)

    def milliseconds(self, key: str, default: int) -> int:
        if key not in self._entries:
            return default
        text = self._text(key)
        if text is None:
            return default
        if not _SECONDS.fullmatch(text) or not MIN_SECONDS <= Decimal(text) <= MAX_SECONDS:
            mend = f"write seconds from {MIN_SECONDS} to {MAX_SECONDS}, as in `{key}: 5`"
            self._refuse(key, f"`{key}` is {quoted(text)}", mend)
            return default
        return int(Decimal(text) * 1000)

    def _text(self, key: str) -> str | None:
        entry = self._entries.get(key)
        if entry is None:
            return None
        if entry.is_list or not entry.texts[0].strip():
            self._refuse(key, f"`{key}` needs one value", f"write `{key}: …`")
            return None
        return entry.texts[0].strip()

    def _list(self, key: str, pattern: re.Pattern[str], mend: str) -> tuple[str, ...]:
        entry = self._entries.get(key)
        texts = tuple(text.strip() for text in entry.texts) if entry else ()
        for text in texts:
            if len(text) > MAX_SLUG or not pattern.fullmatch(text):
                self._refuse(key, f"`{key}` contains {quoted(text)}", mend)
        if len(set(texts)) < len(texts):
            self._refuse(key, f"`{key}` names something twice", "name it once")
        return texts

    def _refuse(self, key: str, what: str, mend: str) -> None:
        self._notes.add(self._entries[key].line, what, mend)
