"""What learners say is wrong with a question or a verdict."""

from __future__ import annotations

from bot.core.cards import Action, Block, Card, Code, Form, Note, Plain, Tone
from bot.core.presenting.pieces import capped
from bot.core.presenting.postings import PRACTICE, TODAY
from bot.core.presenting.troubles import NOTHING_LOST
from bot.core.records import Learner, Posting, Submission

_MOST_TOLD = 1_000
"""Characters of a report that reach an admin; all of it is stored."""
_AGAIN = Action("Report again", "report")


def report_form(posting: Posting, submission: Submission | None) -> Form:
    """Asks what is wrong."""
    about = f"It is about “{posting.version.question.title}”{_answer(submission)}. An admin reads it."
    return Form("What is wrong?", (Plain(about),), "report", about=posting.id, label="What is wrong")


def _answer(submission: Submission | None) -> str:
    return f" and your answer no. {submission.id}" if submission is not None else ""


def reported_card(posting: Posting, submission: Submission | None, *, is_told: bool) -> Card:
    """To the learner: an admin is told, or will be when there is one who wants to be."""
    about = f"“{posting.version.question.title}”{_answer(submission)}"
    said = f"An admin is told about {about}. Thank you."
    if not is_told:
        said = f"What you say about {about} is kept for the admins here: the first who asks to be told is. Thank you."
    note = Note("Nothing else changes by it. Where a verdict was wrong, answers are judged again and you are told.")
    return Card("Reported", (Plain(said), note), actions=(TODAY,), about=None)


def enough_reports_card(posting: Posting, text: str) -> Card:
    """They have reported that often enough."""
    said = f"You have reported “{posting.version.question.title}” several times; an admin has all of that."
    blocks = (Plain(said), Code(capped(text), "text", NOTHING_LOST), Note("This one was not sent."))
    return Card("Not sent", blocks, Tone.WARNING, (TODAY,))


def nothing_to_report_card(text: str) -> Card:
    """There is neither a question nor an answer it could be about."""
    received: tuple[Block, ...] = (Code(capped(text), "text", NOTHING_LOST),) if text.strip() else ()
    said = "No question is open here and you have answered none, so I do not know what it is about."
    return Card("There is nothing to report yet", (Plain(said), *received), Tone.WARNING, (PRACTICE,))


def unreported_card(reason: str, text: str) -> Card:
    """The database refused."""
    blocks = (Plain(reason), Code(text, "text", NOTHING_LOST), Note("Nobody was told. Send it again in a moment."))
    return Card("Your report was NOT stored", blocks, Tone.WARNING, (_AGAIN,))


def report_text(learner: Learner, posting: Posting, submission: Submission | None, text: str) -> str:
    """What an admin is told."""
    answer = f", answer no. {submission.id}" if submission is not None else ""
    where = f"“{posting.version.question.title}” (posting no. {posting.id}{answer})"
    return f"{learner.name} reports {where}: {capped(text, _MOST_TOLD)}"
