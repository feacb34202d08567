"""What an admin is told without having asked."""

from __future__ import annotations

from collections.abc import Mapping

from bot.core.administration import Notice, NoticeKind
from bot.core.cards import Card, Note, Plain, Tone

_TITLES: Mapping[NoticeKind, str] = {
    NoticeKind.LOW_QUEUE: "Questions are running out",
    NoticeKind.UNSOLVED: "Nobody solves this question",
    NoticeKind.REPORT: "Somebody reports a problem",
    NoticeKind.MISSED: "A question was not posted",
    NoticeKind.PAUSED: "A schedule is paused",
}
_NEXT: Mapping[NoticeKind, str] = {
    NoticeKind.LOW_QUEUE: "Upload more with /gradadmin question upload; meanwhile old ones come round again.",
    NoticeKind.UNSOLVED: "Look at it; /gradadmin schedule void takes it back and costs nobody points or a streak.",
    NoticeKind.REPORT: "Nothing was changed. If they are right: /gradadmin rejudge or /gradadmin schedule void.",
    NoticeKind.MISSED: "Nothing is lost; /gradadmin post-now posts today's at once.",
    NoticeKind.PAUSED: "Mend it, then say there /gradadmin schedule resume, or elsewhere /gradadmin setup",
}


def notice_card(notice: Notice) -> Card:
    """One notice: what happened, and what can be done."""
    return Card(_TITLES[notice.kind], (Plain(notice.text), Note(_NEXT[notice.kind])), Tone.WARNING)
