"""The YAML at the head of a question file, as text with lines.

Only YAML's events are read: nothing is ever constructed, so tags have nothing to act on; anchors, aliases and nesting
are refused, so a small file cannot stand for a large one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import yaml

from bot.authoring.problems import Notes, quoted

MAX_CHARACTERS = 8 * 1024
"""Longest front matter read."""
_FIRST_LINE = 2
# Loading a thousand files takes half as long with libyaml, which PyYAML can be built without.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Entry:
    """One key's value as it was written: a scalar's text, the texts of a list, or the ``names`` of a mapping in order.

    ``line`` is that of the key and ``lines`` are those of the texts, 1-based.
    """

    line: int
    texts: tuple[str, ...] = ()
    lines: tuple[int, ...] = ()
    is_list: bool = False
    names: tuple[tuple[str, Entry], ...] = ()


class _RefusedError(Exception):
    """YAML we do not take, at a 1-based line."""

    def __init__(self, line: int, what: str, mend: str) -> None:
        super().__init__(what)
        self.line, self.what, self.mend = line, what, mend


def read_entries(text: str | None, notes: Notes) -> tuple[dict[str, Entry], bool]:
    """The entries of the front matter (None: there is none) up to the first thing not acceptable, which is noted.

    The second value says whether all of it was read; if not, a key may be lost rather than missing.
    """
    entries: dict[str, Entry] = {}
    if text is None:
        return entries, False
    if len(text) > MAX_CHARACTERS:
        notes.add(1, f"the front matter is longer than {MAX_CHARACTERS} characters", "shorten it")
        return entries, False
    tabbed = _note_tabs(text, notes)
    try:
        for key, entry in _entries(_plain_events(text.replace("\t", " "))):
            if key in entries:
                notes.add(entry.line, f"the key {quoted(key)} is there twice", "keep one of them")
            entries[key] = entry
        return entries, True
    except _RefusedError as refused:
        notes.add(refused.line, refused.what, refused.mend)
    except yaml.MarkedYAMLError as error:
        mend = 'write one `key: value` a line; put text with `: ` or symbols between double quotes ("…")'
        line = error.problem_mark.line + _FIRST_LINE if error.problem_mark else 1
        if not tabbed:
            notes.add(line, f"the front matter is not YAML ({error.problem})", mend)
        # An indented line goes on with the value before it, and only its colon tells that it is a key.
        if entries:
            entries.popitem()
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        # PyYAML lets chr() speak for itself when an escape names no character.
        notes.add(1, f"the front matter is not YAML ({quoted(str(error))})", "remove the odd characters")
    return entries, False


def _note_tabs(text: str, notes: Notes) -> bool:
    # Where YAML takes a tab for a blank, libyaml does and PyYAML's own scanner does not.
    tabbed = [number for number, line in enumerate(text.split("\n"), _FIRST_LINE) if "\t" in line]
    for number in tabbed:
        notes.add(number, "a tab in the front matter", "write spaces")
    return bool(tabbed)


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + _FIRST_LINE if event.start_mark else 1


def _plain_events(text: str) -> Iterator[yaml.Event]:
    """The events of one document without stream marks; raises :class:`_RefusedError` at anchors, aliases and tags."""
    documents = 0
    for event in yaml.parse(text, Loader=_LOADER):
        line = _line(event)
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                raise _RefusedError(line, "the front matter has a second document", "remove the line `...` or `---`")
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise _RefusedError(
                line, "anchors and aliases (`&`, `*`) are not allowed", "write the value out, in quotes"
            )
        if getattr(event, "tag", None):
            raise _RefusedError(line, "YAML tags (`!`) are not allowed", "write the plain value, in quotes")
        if isinstance(event, yaml.NodeEvent | yaml.CollectionEndEvent):
            yield event


def _entries(events: Iterator[yaml.Event]) -> Iterator[tuple[str, Entry]]:
    opening = next(events, None)
    if not isinstance(opening, yaml.MappingStartEvent):
        raise _RefusedError(_FIRST_LINE, "the front matter has no keys", "write `format: 1` and the other keys")
    for key, line in _keys(events):
        yield key, _entry(next(events), events, line, key)
    for _ in events:
        pass  # the stream is read to its end, where a second document would be


def _keys(events: Iterator[yaml.Event]) -> Iterator[tuple[str, int]]:
    """The keys of a mapping just opened, with their lines; whoever asks reads the value of each before the next."""
    for event in events:
        if isinstance(event, yaml.MappingEndEvent):
            return
        if not isinstance(event, yaml.ScalarEvent):
            raise _RefusedError(_line(event), "a key must be a word", "write `key: value`")
        yield event.value, _line(event)


def _entry(opening: yaml.Event, events: Iterator[yaml.Event], line: int, key: str) -> Entry:
    if not isinstance(opening, yaml.MappingStartEvent):
        return _plain_entry(opening, events, line, key)
    names = tuple((name, _plain_entry(next(events), events, name_line, name)) for name, name_line in _keys(events))
    return Entry(line, names=names)


def _plain_entry(opening: yaml.Event, events: Iterator[yaml.Event], line: int, key: str) -> Entry:
    """A scalar or a list of scalars."""
    if isinstance(opening, yaml.ScalarEvent):
        return Entry(line, (opening.value,), (_line(opening),))
    mend = f"write `{key[:40]}: value` or `{key[:40]}: [one, two]`"
    if not isinstance(opening, yaml.SequenceStartEvent):
        raise _RefusedError(line, f"the value of {quoted(key)} is nested too deep", mend)
    texts: list[str] = []
    lines: list[int] = []
    for event in events:
        if isinstance(event, yaml.SequenceEndEvent):
            break
        if not isinstance(event, yaml.ScalarEvent):
            raise _RefusedError(_line(event), f"the list {quoted(key)} is nested", mend)
        texts.append(event.value)
        lines.append(_line(event))
    return Entry(line, tuple(texts), tuple(lines), is_list=True)
