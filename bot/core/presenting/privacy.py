"""What one is told of what is kept, before and after it goes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from bot.core.cards import Action, Card, Code, Note, Plain, Table, Tone
from bot.core.keeping import DELETE_YES, GRACE, HIDE_OFF
from bot.core.records import Learner
from bot.core.words import counted

_HIDE = Action("Off the boards", "privacy", "hide")
_UNHIDE = Action("Back on the boards", "privacy", HIDE_OFF)
_SHOW = Action("What is kept", "privacy", "show")
_EXPORT = Action("Export it", "privacy", "export")
_DELETE = Action("Delete it", "privacy", "delete")

NAMES: Mapping[str, str] = {
    "submission": "answers, with their verdicts",
    "hint_use": "hints and solutions you were shown",
    "award": "points",
    "standing": "places on boards",
    "memory": "topics you practise",
    "report": "reports",
    "upload": "question files you sent",
    "outbox": "messages still to be shown",
    "audit": "what you did as an admin",
}
"""What the rows of each table are to a person."""
_SPANS: Mapping[str, str] = {
    "outbox": "until they are shown",
    "audit": "until the community goes; your name until you delete it",
}
_WITH_TEXTS = ("submission", "report", "upload")


def kept_card(learner: Learner, community: str, counts: Mapping[str, int], retention: timedelta) -> Card:
    """What is kept of somebody, and for how long."""
    days = counted(retention.days, "day")
    until = "until you delete it"
    rows = [("your name and id in this chat", "1", until)]
    for table, what in NAMES.items():
        span = f"texts {days}, the rest {until}" if table in _WITH_TEXTS else until
        rows.append((what, str(counts.get(table, 0)), _SPANS.get(table, span)))
    blocks = (
        Plain(f"In “{community}”; elsewhere you are somebody else to me."),
        Table(("what", "how many", "how long"), tuple(rows)),
        Plain("You are on no board." if learner.hidden else "You are shown on the boards, by your name in this chat."),
        Note(f"If this community removes me, all of it goes {GRACE.days} days later. Nobody else sees your answers."),
    )
    return Card("What is kept of you", blocks, actions=(_UNHIDE if learner.hidden else _HIDE, _EXPORT, _DELETE))


def hidden_card(learner: Learner) -> Card:
    """Whether somebody is on the boards, now that they said so."""
    if learner.hidden:
        text = "No board and no recap names you, nor counts you. You still see your own place; your points go on."
        return Card("You are off the boards", (Plain(text),), Tone.GOOD, (_UNHIDE, _SHOW))
    text = "Your name, your points and how many questions you solved are shown there."
    return Card("You are on the boards", (Plain(text),), Tone.GOOD, (_HIDE, _SHOW))


def export_card(text: str) -> Card:
    """Everything that is kept of somebody, in one file."""
    caption = "Everything that is kept of you here, as JSON"
    note = Note("Only you see this. Addresses of messages are left out: they are sealed, and tell nothing about you.")
    return Card("What is kept of you", (Code(text, "json", caption), note), actions=(_SHOW, _DELETE))


def deletion_card(counts: Mapping[str, int]) -> Card:
    """What goes if somebody has everything deleted; nothing has gone yet."""
    rows = tuple((what, str(counts[table])) for table, what in NAMES.items() if counts.get(table) and table != "audit")
    blocks = (
        Plain("Nothing has been deleted yet. This cannot be taken back, and these go at once:"),
        Table(("what", "how many"), (("your name and id", "1"), *rows)),
        Plain(
            "Your streak and your places go with them. What stays names nobody: that something was done where you did "
            "it as an admin, and a question of yours that was published here."
        ),
        Note("An answer that is being judged now is not waited for: its verdict is thrown away."),
    )
    actions = (Action("Delete everything", "privacy", DELETE_YES), _EXPORT, _SHOW)
    return Card("Delete everything that is kept of you?", blocks, Tone.WARNING, actions)


def deleted_card() -> Card:
    """Everything is gone."""
    text = "Nothing that was kept of you in this community is left. If you use me again, you begin anew."
    note = Note("Backups of whoever runs this bot still hold it, for as long as they keep those.")
    return Card("Everything is deleted", (Plain(text), note), Tone.GOOD)


def no_privacy_card(said: str) -> Card:
    """A word that is none of privacy's."""
    return Card(
        "There is no such word",
        (Plain(f"You wrote: {said[:60]}"), Plain("These I know: show, hide, hide off, export, delete.")),
        Tone.WARNING,
        (_SHOW,),
    )
