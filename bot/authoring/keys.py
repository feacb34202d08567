"""Reading the values of the front matter by type. What is refused is noted, and answered with a stand-in."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from bot.authoring.front_matter import Entry
from bot.authoring.problems import Notes, nearest, quoted

MAX_WORD = 60
"""Most characters of an id, a topic, an observation or a placeholder."""

_FLAGS = {"true": True, "false": False}


class Keys:
    """The entries of one front matter, each read as what it should be; a missing key is no problem here."""

    def __init__(self, entries: Mapping[str, Entry], notes: Notes) -> None:
        self._entries = entries
        self._notes = notes

    def __contains__(self, key: str) -> bool:
        return key in self._entries

    def line(self, key: str) -> int:
        """The 1-based line of a key that is there."""
        return self._entries[key].line

    def refuse(self, key: str, what: str, mend: str) -> None:
        """Note a problem at the line of a key that is there."""
        self._notes.add(self.line(key), what, mend)

    def refuse_at(self, line: int, what: str, mend: str) -> None:
        """Note a problem at a 1-based line."""
        self._notes.add(line, what, mend)

    def text(self, key: str) -> str | None:
        """A plain value without the blanks around it; None where there is none."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        if entry.is_list or not entry.texts or not entry.texts[0].strip():
            self.refuse(key, f"`{key}` needs one value", f"write `{key}: …`")
            return None
        return entry.texts[0].strip()

    def one_of(self, key: str, options: Collection[str]) -> str:
        """One of ``options``, or ``""``."""
        text = self.text(key)
        if text is None or text in options:
            return text or ""
        self.refuse(key, f"`{key}` is {quoted(text)}", nearest(text, options))
        return ""

    def flag(self, key: str) -> bool:
        """True or false; false where there is none."""
        text = self.text(key)
        if text is not None and text.lower() not in _FLAGS:
            self.refuse(key, f"`{key}` is {quoted(text)}", "write `true` or `false`")
        return _FLAGS.get((text or "").lower(), False)

    def words(self, key: str, pattern: re.Pattern[str], mend: str) -> tuple[str, ...]:
        """A list of different texts that all match ``pattern``."""
        texts: list[str] = []
        for line, text in self.listed(key):
            if len(text) > MAX_WORD or not pattern.fullmatch(text):
                self.refuse_at(line, f"`{key}` contains {quoted(text)}", mend)
            elif text in texts:
                self.refuse_at(line, f"`{key}` names {quoted(text)} twice", "name it once")
            else:
                texts.append(text)
        return tuple(texts)

    def known(self, key: str, known: Collection[str] | None) -> tuple[str, ...]:
        """A list of names out of ``known``; of any names where that is None."""
        texts: list[str] = []
        for line, text in self.listed(key):
            if known is not None and text not in known:
                self.refuse_at(line, f"`{key}` names {quoted(text)}", nearest(text, known))
            else:
                texts.append(text)
        return tuple(dict.fromkeys(texts))

    def listed(self, key: str) -> list[tuple[int, str]]:
        """The texts of a list with their 1-based lines; none where there is no list."""
        entry = self._entries.get(key)
        if entry is None:
            return []
        if not entry.is_list or not entry.texts:
            self.refuse(key, f"`{key}` is not a list", f"write `{key}: [one, two]`")
            return []
        return [(line, text.strip()) for line, text in zip(entry.lines, entry.texts, strict=True)]

    def mapping(self, key: str, mend: str) -> dict[str, Entry]:
        """The names under a key, each with what it stands for; ``mend`` shows how to write it."""
        entry = self._entries.get(key)
        if entry is None:
            return {}
        if not entry.names:
            self.refuse(key, f"`{key}` needs names of its own", mend)
        found: dict[str, Entry] = {}
        for name, value in entry.names:
            if name in found:
                self.refuse_at(value.line, f"`{key}` has {quoted(name)} twice", "keep one of them")
            found[name] = value
        return found
