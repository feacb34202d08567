"""A question file to start from: a small sound question of each kind, with comments that say what goes where."""

from __future__ import annotations

from pathlib import Path

from bot.authoring.problems import Problems


def template(id: str, kind: str) -> str:  # noqa: A002 - the key's own name
    """The text of a complete question file with this ``id``, of kind ``code``, ``value`` or ``choice``.

    It parses, and passes every check as it stands. Raises ValueError for any other ``kind``.
    """
    raise NotImplementedError


def write_new(folder: Path, id: str, kind: str) -> Path | Problems:  # noqa: A002
    """Write the template to ``folder/id.md`` and say where it is, or why not; never overwrites a file."""
    raise NotImplementedError
