"""What a learner remembers, topic by topic."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.core.cards import Block, Note, Table
from bot.core.memory import Recollection, Strength, strength
from bot.core.words import counted

MOST_TOPICS = 8
"""Topics a card lists: the weakest, for they are what there is to do."""
FULL, EMPTY = "▰", "▱"


def topic_blocks(known: Sequence[Recollection], at: datetime) -> tuple[Block, ...]:
    """The weakest topics of ``known`` (weakest first), how strong each is, and when practice will ask for it."""
    if not known:
        return ()
    rows = tuple((each.topic, bar(strength(each)), due_text(each.due_at - at)) for each in known[:MOST_TOPICS])
    table = Table(("topic", "strength", "due"), rows)
    more = len(known) - MOST_TOPICS
    return (table, *((Note(f"… and {counted(more, 'stronger topic')}."),) if more > 0 else ()))


def bar(strength: Strength) -> str:
    """A strength as a bar and in a word."""
    return f"{FULL * strength}{EMPTY * (len(Strength) - strength)} {strength.name.lower()}"


def due_text(left: timedelta) -> str:
    """When a topic is due, in words."""
    if left <= timedelta():
        return "now"
    if left < timedelta(hours=1):
        return f"in {counted(max(1, round(left / timedelta(minutes=1))), 'minute')}"
    if left < timedelta(hours=20):
        return f"in {counted(round(left / timedelta(hours=1)), 'hour')}"
    days = max(1, round(left / timedelta(days=1)))
    return f"in {counted(days, 'day')}" if days < 60 else f"in {counted(round(days / 30), 'month')}"
