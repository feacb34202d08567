"""Slots: names of messages, so that what is shown later finds the message it belongs into.

``posting:7`` is the public message of posting 7, ``verdict:91`` the reply to submission 91, ``upload:5`` the reply to
an uploaded question, ``closing:7`` what everybody sees below posting 7 once it has closed, ``unposted:7`` what an
admin is told when posting 7 cannot be shown, ``notice:3`` what one is told of notice 3, ``rejudge:7`` the reply to who
wants posting 7 judged again. ``board:4`` is the leaderboard in the channel of schedule 4, ``recap:7`` what everybody is
told of the season that posting 7 ends. ``task:7`` is posting 7 as one
learner sees it, and ``try:…`` the reply to a try: nobody keeps where those two are.
"""

from __future__ import annotations

import enum


class SlotKind(enum.StrEnum):
    """What a message is about."""

    POSTING = "posting"
    VERDICT = "verdict"
    UPLOAD = "upload"
    CLOSING = "closing"
    UNPOSTED = "unposted"
    NOTICE = "notice"
    BOARD = "board"
    RECAP = "recap"
    REJUDGE = "rejudge"
    TASK = "task"
    TRY = "try"


KEPT = frozenset({SlotKind.POSTING, SlotKind.VERDICT, SlotKind.UPLOAD, SlotKind.CLOSING, SlotKind.REJUDGE})
"""Kinds of which what comes later may be shown in the reply to a command: a platform says where it has shown that."""


def slot(kind: SlotKind, about: int | str) -> str:
    """The name of the message of this ``kind`` about the posting, submission, upload or event ``about``."""
    return f"{kind.value}:{about}"


def kind_of(name: str) -> SlotKind | None:
    """The kind of the slot ``name``; ``None`` for the empty name, and for one of another version of this bot."""
    kind = name.partition(":")[0]
    return SlotKind(kind) if kind in set(SlotKind) else None


def number_of(name: str) -> int:
    """The id in the name of a kept slot or of a ``task``."""
    return int(name.partition(":")[2])
