"""What a button or a form carries: which command it stands for, in a text every platform hands back as it was.

Nothing in it is trusted: whoever presses may have made it up, and it may be years old.
"""

from __future__ import annotations

from bot.core.commands import VERBS, Command

VERSION = "1"
MAX_LENGTH = 100
"""Characters; Discord allows no more."""
MAIN = frozenset({"answer", "publish"})
"""Verbs whose buttons stand out among others."""


class Outdated(Exception):
    """The text was made by another version of this bot, or by nobody."""


def encode(verb: str, about: int | None = None, argument: str = "") -> str:
    """The text for a command about a posting; two buttons of one message never share it.

    Raises ValueError for an argument that is too long for a button.
    """
    text = ":".join((VERSION, verb, "" if about is None else str(about), argument))
    if len(text) > MAX_LENGTH:
        raise ValueError(f"a button cannot carry {argument!r}")
    return text


def decode(text: str) -> Command:
    """The command a button stands for. Raises :class:`Outdated`."""
    version, _, rest = text.partition(":")
    verb, _, rest = rest.partition(":")
    about, _, argument = rest.partition(":")
    if version != VERSION or verb not in VERBS or not (about == "" or (about.isascii() and about.isdigit())):
        raise Outdated
    # No database has an id of more digits than this; a longer one would be no number to it.
    if len(about) > 15:
        raise Outdated
    return Command(verb, argument, int(about) if about else None)
