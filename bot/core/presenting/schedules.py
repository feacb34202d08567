"""When questions are posted by themselves: the form that asks, what was understood, and how things stand."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from bot.core.calendar import Fire, zone_called
from bot.core.cards import Action, Block, Card, Code, Facts, Form, Note, Plain, Tone
from bot.core.choosing import MIXES
from bot.core.planning import WEEKDAYS, Mistyped, days_text, time_text
from bot.core.records import Schedule

EXAMPLE = "09:00 Europe/Berlin weekdays rising"
SET_UP = "gradadmin post-now posts today's at once. What admins must know is told to you."
SKIPPED = "A day without a question breaks no streak. gradadmin schedule resume takes this back."
NOT_PAUSED = "It was not paused, and skips nothing; nothing was changed."
PAUSED = "The question that is open stays open. A day without a question breaks no streak."
_SHOWN, _MOST, _MOST_QUEUED, _LONGEST_ID = 200, 8, 10, 60
_WHAT = (
    f"Write a time, a time zone, the days, and how hard: {EXAMPLE}. Days are daily, weekdays, weekends or some such as "
    f"mon,wed,fri; how hard is one of {', '.join(MIXES)}."
)


@dataclass(frozen=True, slots=True)
class Standing:
    """A schedule, when it posts next, which questions are queued, and how many of how many it never asked."""

    schedule: Schedule
    following: Fire | None
    queued: tuple[str, ...]
    left: int
    known: int


def plan_text(schedule: Schedule) -> str:
    """When and how hard a schedule posts, as an admin would type it."""
    days = days_text(schedule.days)
    return f"{time_text(schedule.post_at or 0)} {schedule.zone} {days} {schedule.mix}"


def plan_form(schedule: Schedule | None, zone: str, verb: str) -> Form:
    """Asks when to post, opening with what is so now or, on a channel that has no time yet, with a proposal."""
    proposal = f"{time_text(9 * 60)} {zone} {days_text(WEEKDAYS)} rising"
    initial = plan_text(schedule) if schedule is not None and schedule.post_at is not None else proposal
    return Form("When to post", (Plain(_WHAT),), verb, initial, multiline=False, label="Time, zone, days, how hard")


def mistyped_card(text: str, mistyped: Mistyped, verb: str) -> Card:
    """What could not be read, and where it stands."""
    line = re.sub(r"\s", " ", text[:_SHOWN])
    width = max(1, min(len(mistyped.word), len(line) - mistyped.at))
    pointed = (Code(f"{line}\n{' ' * mistyped.at}{'^' * width}", "text"),) if 0 <= mistyped.at < len(line) else ()
    blocks: tuple[Block, ...] = (Plain(mistyped.sentence), *pointed)
    return Card(
        "I could not read that",
        (*blocks, Note("Nothing was changed.")),
        Tone.WARNING,
        (Action("Fix and retry", verb),),
    )


def incomplete_card(text: str, missing: str, verb: str) -> Card:
    """A first plan needs a time and a zone."""
    blocks: tuple[Block, ...] = (Plain(f"It lacks {missing}. {_WHAT}"),)
    if text.strip():
        blocks = (*blocks, Code(text[:_SHOWN], "text", "What you wrote:"))
    return Card("Nearly there", (*blocks, Note("Nothing was changed.")), Tone.WARNING, (Action("Fix and retry", verb),))


def planned_card(title: str, standing: Standing, channel: str, note: str = "") -> Card:
    """What was understood and done; ``channel`` is where it was said."""
    notes = (Note(note),) if note else ()
    return Card(title, (_facts(standing, channel), *notes), Tone.GOOD)


def schedules_card(standings: Sequence[Standing], channel: str) -> Card:
    """Every schedule of a community; ``channel`` is where it was asked for."""
    ordered = sorted(standings, key=lambda standing: standing.schedule.channel != channel)
    blocks: list[Block] = [_facts(standing, channel) for standing in ordered[:_MOST]]
    if len(ordered) > _MOST:
        blocks.append(Note(f"… and {len(ordered) - _MOST} more channels."))
    return Card("When questions are posted", tuple(blocks))


def _facts(standing: Standing, channel: str) -> Facts:
    schedule = standing.schedule
    where = "here" if schedule.channel == channel else schedule.channel
    queued = ", ".join(standing.queued[:_MOST_QUEUED])
    if len(standing.queued) > _MOST_QUEUED:
        queued += f" and {len(standing.queued) - _MOST_QUEUED} more"
    return Facts(
        (
            ("channel", where),
            ("posts", f"{days_text(schedule.days)} at {time_text(schedule.post_at or 0)} {schedule.zone}"),
            ("how hard", schedule.mix),
            ("next", _next_text(schedule, standing.following)),
            *((("queued", queued),) if queued else ()),
            ("never asked yet", f"{standing.left} of {standing.known} questions"),
        )
    )


def _next_text(schedule: Schedule, fire: Fire | None) -> str:
    if schedule.paused:
        return "paused, until somebody says: gradadmin schedule resume"
    if fire is None:
        return "none"
    wall = fire.at.astimezone(zone_called(schedule.zone))
    skipping = f"; all before it are skipped (to {schedule.skip_until})" if _skips(schedule, fire.day) else ""
    return f"{fire.day:%A}, {fire.day} at {wall:%H:%M}, which is {fire.at:%H:%M} UTC{skipping}"


def _skips(schedule: Schedule, day: date) -> bool:
    return schedule.skip_until is not None and (day - schedule.skip_until).days <= 7


def no_schedule_card(*, several: bool) -> Card:
    """Nothing is posted by itself in the channel where it was said, and it is not clear what else is meant."""
    if several:
        said = "Questions are posted in several channels here, and this is none of them. Say it in the one you mean."
    else:
        said = "No question is posted by itself here yet. In the channel where they belong say: gradadmin setup"
    actions = (Action("When questions are posted", "schedule-show"),) if several else (Action("Set up", "setup"),)
    return Card("Which schedule?", (Plain(said), Note("Nothing was changed.")), Tone.WARNING, actions)


def nothing_to_skip_card() -> Card:
    """A paused schedule skips nothing."""
    said = "It is paused, so nothing is posted anyway. gradadmin schedule resume has it post again."
    return Card("Nothing to skip", (Plain(said),), Tone.WARNING)


def unknown_question_card(said: str, near: str) -> Card:
    """The id of no question that could be asked."""
    advice = f" Did you mean {near}?" if near else " practice shows the ids of questions."
    return Card(
        "No such question",
        (Plain(f"No question that can be asked here has the id {said[:60]}.{advice}"), Note("Nothing was queued.")),
        Tone.WARNING,
    )


def queue_card(queued: Sequence[str], done: str = "") -> Card:
    """What comes next on a schedule, and what was ``done`` about it."""
    told = "Next come, one a day: " + ", ".join(queued[:_MOST_QUEUED]) if queued else "No question is queued."
    more = f" and {len(queued) - _MOST_QUEUED} more" if len(queued) > _MOST_QUEUED else ""
    how = "gradadmin schedule queue ID adds one at the end; gradadmin schedule queue drop ID takes one out."
    blocks = (*((Plain(done),) if done else ()), Plain(f"{told}{more}"), Note(how))
    return Card("The queue", blocks, Tone.GOOD if done else Tone.NEUTRAL)


def queued_text(question_id: str, *, was_new: bool) -> str:
    """A question is in the queue."""
    return f"{question_id} is queued." if was_new else f"{question_id} was queued already."


def unqueued_text(question_id: str, *, was: bool) -> str:
    """A question is not in the queue."""
    shown = question_id[:_LONGEST_ID]
    return f"{shown} is not queued any more." if was else f"{shown} was not queued."
