"""What an admin is told without having asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from bot.core.administration import Notice, NoticeKind
from bot.core.calendar import Fire, days_named
from bot.core.cards import Card, Note, Plain, Tone
from bot.core.commands import typed
from bot.core.records import Posting, Schedule

_TITLES: Mapping[NoticeKind, str] = {
    NoticeKind.LOW_QUEUE: "Questions are running out",
    NoticeKind.UNSOLVED: "Nobody solves this question",
    NoticeKind.UNSOUND: "A question cannot be judged",
    NoticeKind.REPORT: "Somebody reports a problem",
    NoticeKind.MISSED: "A question was not posted",
    NoticeKind.PAUSED: "A schedule is paused",
}
_NEXT: Mapping[NoticeKind, str] = {
    NoticeKind.LOW_QUEUE: "Upload more with gradadmin question upload; meanwhile old ones come round again.",
    NoticeKind.UNSOLVED: "Look at it; gradadmin schedule void takes it back and costs nobody points or a streak.",
    NoticeKind.UNSOUND: "Mend its file and start the bot again, or upload it anew; the answers to it are kept.",
    NoticeKind.REPORT: "Nothing was changed. If they are right: gradadmin rejudge or gradadmin schedule void.",
    NoticeKind.MISSED: "Nothing is lost; gradadmin post-now posts today's at once.",
    NoticeKind.PAUSED: "Mend it, then say there gradadmin schedule resume, or elsewhere gradadmin setup",
}


def notice_card(notice: Notice) -> Card:
    """One notice: what happened, and what can be done."""
    return Card(_TITLES[notice.kind], (Plain(notice.text), Note(_NEXT[notice.kind])), Tone.WARNING)


def unsound_text(posting: Posting, reason: str) -> str:
    """A question has a fault of its own, which its learners are not told: it may give the answer away."""
    title, again = posting.version.question.title, typed("rejudge", f"{posting.id} yes")
    return (
        f"“{title}” (posting no. {posting.id}) has a fault of its own, and no answer to it gets a verdict: "
        f"{reason.rstrip('.')}. "
        f"Once it is mended, what waits is judged by itself; where some have a verdict by now, {again} does it."
    )


def none_to_ask_text(schedule: Schedule, day: date) -> str:
    """There is no question at all."""
    return f"No question could be posted on {day} in channel {schedule.channel}: there is none to ask."


def few_left_text(schedule: Schedule, left: int, known: int) -> str:
    """Of the ``known`` questions ``left`` were never asked."""
    are_left = f"{left or 'none'} {'is' if left <= 1 else 'are'} left"
    return f"Of {known} questions {are_left} that channel {schedule.channel} was never asked."


def missed_text(schedule: Schedule, missed: Sequence[Fire]) -> str:
    """Nobody was there to post."""
    return (
        f"I was not running when a question was due in channel {schedule.channel}, and more than six hours later it "
        f"is not posted any more: {days_named(missed)}. A day without a question breaks no streak."
    )


def zone_gone_text(schedule: Schedule) -> str:
    """The zone database of this machine does not have the schedule's zone."""
    return (
        f"The time zone {schedule.zone} of channel {schedule.channel} is not known on this machine any more, so "
        "nothing is posted there by itself. Name another: gradadmin schedule set"
    )


def refused_text(posting: Posting, reason: str, *, paused: bool) -> str:
    """A channel did not take a question; ``paused``: and never will."""
    said = f"The question of {posting.local_date} did not get into channel {posting.schedule.channel}: {reason}."
    return f"{said} Nothing more is posted there by itself; nobody's streak was harmed." if paused else said
