"""What is settled for a community, and what its admins did."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo

from bot.core.administration import AuditEntry
from bot.core.cards import Action, Block, Card, Note, Plain, Table, Tone
from bot.core.keeping import GRACE
from bot.core.records import Community, Learner
from bot.core.scoring import SEASON_LENGTHS
from bot.core.words import counted

SEASON_SETTING = f"A season lasts {', '.join(map(str, SEASON_LENGTHS))} months: a year is a whole number of them."
KEEPER_SETTING = "The keeper is whoever says settings keeper me; settings keeper nobody ends that."
BOARD_SETTING = "A board in this channel is on or off: settings board on, settings board off."
_LONGEST_DETAIL = 80
_SETTINGS = Action("Settings", "settings")
_AUDIT = Action("What admins did", "audit")


def audit_card(entries: Sequence[AuditEntry], zone: str) -> Card:
    """The last things admins did, the newest first, by the clock of ``zone``."""
    if not entries:
        return Card("What admins did", (Plain("Nothing yet."),), actions=(_SETTINGS,))
    rows = tuple(_row(entry, ZoneInfo(zone)) for entry in entries)
    note = Note(f"Times are those of {zone}. Whoever had themselves deleted has no name here.")
    return Card("What admins did", (Table(("when", "who", "did", "what"), rows), note), actions=(_SETTINGS,))


def _row(entry: AuditEntry, zone: ZoneInfo) -> tuple[str, ...]:
    detail = entry.detail if len(entry.detail) <= _LONGEST_DETAIL else f"{entry.detail[: _LONGEST_DETAIL - 1]}…"
    when = f"{entry.at.astimezone(zone):%Y-%m-%d %H:%M}"
    return (when, entry.learner.name if entry.learner else "(deleted)", entry.action, detail)


def settings_card(
    community: Community, keeper: Learner | None, retention: timedelta, *, board: bool = False, complaint: str = ""
) -> Card:
    """What is settled, below what was wrong with a change if there was something; ``board``: this channel has one."""
    rows = (
        ("season", counted(community.season_months, "month"), "settings season 1, 2, 3, 4, 6 or 12"),
        ("told what admins must know", keeper.name if keeper else "nobody", "settings keeper me, or nobody"),
        ("leaderboard in this channel", "kept up to date" if board else "none", "settings board on, or off"),
        ("texts are kept", counted(retention.days, "day"), "whoever runs the bot sets CHAINRULE_RETENTION_DAYS"),
        ("after you remove the bot", f"{counted(GRACE.days, 'day')}, then all is deleted", "cannot be changed"),
    )
    wrong: tuple[Block, ...] = (Plain(f"{complaint} Nothing was changed."),) if complaint else ()
    table = Table(("what", "is", "to change it"), rows)
    tone = Tone.WARNING if complaint else Tone.NEUTRAL
    return Card("Settings", (*wrong, table), tone, actions=(_AUDIT,))


def unknown_setting(name: str) -> str:
    """There is no setting of that name."""
    return f"There is no setting {name[:40]!r}."
