"""When something is in the way: what happened, what to do next, and the text, so that nothing is lost."""

from __future__ import annotations

from bot.core.cards import Action, Block, Card, Code, Note, Plain, Tone
from bot.core.presenting.pieces import capped
from bot.core.presenting.postings import TODAY
from bot.core.records import Posting, Submission
from sandbox.protocol import MAX_SOURCE

NOTHING_LOST = "What you sent, so that nothing is lost:"
RETRY = Action("Fix and retry", "answer")


def unreadable_card(message: str, text: str, retry: Action = RETRY) -> Card:
    """An answer that could not be read; it was not stored and counts for nothing."""
    received: tuple[Block, ...] = (Code(capped(text, MAX_SOURCE), "text", "What arrived:"),) if text.strip() else ()
    return Card(
        "I could not read that",
        (Plain(message), *received, Note("Nothing was counted: your attempts and points are as before.")),
        Tone.WARNING,
        (retry,),
    )


def not_stored_card(reason: str, text: str) -> Card:
    """The database refused: the author gets the whole text back."""
    return Card(
        "Your answer was NOT stored",
        (Plain(reason), Code(text, "text", NOTHING_LOST), Note("Nothing was counted. Send it again in a moment.")),
        Tone.WARNING,
        (RETRY,),
    )


def waiting_card(submission: Submission, reason: str) -> Card:
    """The answer is stored, and no cell can judge it now."""
    return Card(
        f"Answer no. {submission.id} waits for its verdict",
        (
            Plain(
                "Your answer is stored. It will be judged as soon as the sandbox is back; you need not send it again."
            ),
            Plain(reason),
            Note("Nothing is lost: it counts from the moment it arrived."),
        ),
        Tone.WARNING,
    )


def too_many_card(verb: str, text: str) -> Card:
    """One run of theirs is under way and one waits: the author gets the text of a third one back."""
    return Card(
        "Two of your runs are under way already",
        (
            Plain("One runs, one waits for it. Send this again when one of them is through."),
            Code(text, "text", NOTHING_LOST),
            Note("Nothing was counted."),
        ),
        Tone.WARNING,
        (Action("Send again", verb),),
    )


def unwritten_card(reason: str) -> Card:
    """The answer is stored, and the database refused what came after."""
    return Card(
        "Your answer is stored, its verdict may not be",
        (
            Plain(reason),
            Note("Your answer is safe. If its verdict could not be written, it will be judged again by itself."),
        ),
        Tone.WARNING,
        (Action("Me", "me"),),
    )


def unsound_card(question_title: str) -> Card:
    """The question itself cannot be judged: the author's fault, never the learner's.

    What is wrong with it is not said: it may give the answer away.
    """
    return Card(
        "This question cannot be judged right now",
        (
            Plain(f"“{question_title}” has a fault of its own. It is not your doing, and nothing was counted."),
            Note("What you sent as an answer is kept, and is judged once the question is mended."),
        ),
        Tone.WARNING,
    )


def sandbox_away_card(reason: str, text: str) -> Card:
    """A try could not run now."""
    return Card(
        "The sandbox is not available",
        (
            Plain(reason),
            Code(text, "python", NOTHING_LOST),
            Note("Nothing was counted. Try again in a moment."),
        ),
        Tone.WARNING,
        (Action("Try again", "try"),),
    )


def fault_card(sentence: str, text: str) -> Card:
    """A fault of ours: what happened, and what was sent."""
    received: tuple[Block, ...] = (Code(text, "text", NOTHING_LOST),) if text else ()
    return Card("That did not work", (Plain(sentence), *received), Tone.WARNING)


def no_question_card() -> Card:
    """The bank is empty."""
    return Card(
        "There is no question to ask",
        (Plain("No question is loaded. Whoever runs this bot can add question files and start it again."),),
        Tone.WARNING,
    )


def not_posted_card() -> Card:
    """Nobody has posted a question in this community."""
    return Card(
        "No question is open here yet",
        (
            Plain("An admin sets a time for it with gradadmin setup, or posts the first one with gradadmin post-now."),
            Note("Practice works at any time."),
        ),
        Tone.WARNING,
        (Action("Practice", "practice"),),
    )


def already_posted_card(posting: Posting) -> Card:
    """Today's question is in its channel already."""
    sentence = f"“{posting.version.question.title}” is today's question here. The next one can be posted tomorrow."
    return Card("Today's question is posted already", (Plain(sentence),), Tone.WARNING)


def posted_card(posting: Posting) -> Card:
    """To the admin who posted it."""
    sentence = f"“{posting.version.question.title}” is today's question; it appears here in a moment."
    return Card("Posting it here", (Plain(sentence),))


def unposted_card(posting: Posting, reason: str) -> Card:
    """To the admin who posted it, when the platform does not take it."""
    return Card(
        "Today's question could not be posted",
        (
            Plain(f"“{posting.version.question.title}” did not get into its channel: {reason}."),
            Note("See that the bot is in the channel and may write there, then say there: gradadmin post-now"),
        ),
        Tone.WARNING,
    )


def rolled_over_card(posting: Posting, text: str) -> Card:
    """The day changed before the answer arrived, and nobody had seen the new question yet."""
    return Card(
        "A new question has just opened",
        (
            Plain(
                f"The question before it has closed, so your answer was not counted. "
                f"Today's question is “{posting.version.question.title}”."
            ),
            Code(text, "text", NOTHING_LOST),
        ),
        Tone.WARNING,
        (TODAY,),
    )


def closed_card(text: str) -> Card:
    """What was said is about a posting that is not open; today's question follows."""
    received: tuple[Block, ...] = (Code(text, "text", NOTHING_LOST),) if text.strip() else ()
    sentence = "That question is not open here any more, so nothing was counted. This is today's question."
    return Card("That question has closed", (Plain(sentence), *received), Tone.WARNING)


def taken_back_card(posting: Posting, text: str) -> Card:
    """An admin took the question of the day back; ``text`` is what was sent about it."""
    received: tuple[Block, ...] = (Code(text, "text", NOTHING_LOST),) if text.strip() else ()
    said = (
        f"“{posting.version.question.title}” does not count any more, and no streak is lost over it. "
        "The next question comes with the next day."
    )
    return Card(
        "The question was taken back", (Plain(said), *received), Tone.WARNING, (Action("Practice", "practice"),)
    )


def still_judging_card(submission: Submission, wanted: str) -> Card:
    """Help that costs points must not overtake a verdict."""
    return Card(
        "Your last answer has no verdict yet",
        (
            Plain(
                f"Answer no. {submission.id} is stored and waits for its verdict. "
                f"{wanted.capitalize()} now would count against it."
            ),
            Note(f"Ask for the {wanted} again once the verdict is there."),
        ),
        Tone.WARNING,
    )
