"""Files people send as their answers and questions: how large they may be, and how their bytes become text."""

from __future__ import annotations

from bot.core.commands import most_bytes

NOTHING_ARRIVED = "Nothing arrived. Write into the field, or add a text file."
"""What a form says that was sent with neither."""


class Unreadable(Exception):
    """A file that cannot be taken; the message says why, and what to do. Nothing was submitted."""


def text_in(raw: bytes, verb: str, name: str = "That file") -> str:
    """The text of a file sent with ``verb``; of one that is too large, one byte more than it may have is enough.

    Raises :class:`Unreadable`.
    """
    refuse_larger(len(raw), verb, name)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Unreadable(not_utf8(name)) from None
    if not text.strip():
        raise Unreadable(f"{name} is empty, so nothing was submitted. Send one with text in it.")
    return text


def refuse_larger(size: int, verb: str, name: str = "That file") -> None:
    """Raises :class:`Unreadable` for a ``size`` in bytes that nothing sent with ``verb`` may have."""
    if size > most_bytes(verb):
        raise Unreadable(too_large(name, verb))


def too_large(name: str, verb: str) -> str:
    """The sentence on a text of more bytes than may be sent with ``verb``."""
    return f"{name} is larger than the {most_bytes(verb) // 1024} KiB I take, so nothing was submitted. Shorten it."


def not_utf8(name: str) -> str:
    """The sentence on bytes that are no text."""
    return f"{name} is not text in UTF-8, so nothing was submitted. Save it as UTF-8 and send it again."
