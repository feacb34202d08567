"""What one can say, and what it does."""

from __future__ import annotations

from collections.abc import Mapping

from bot.core.cards import Action, Card, Note, Plain, Table, Tone
from bot.core.commands import ADMIN_ROOT, ADMIN_VERBS, LEARNER_VERBS, Verb, not_understood, suggestion
from bot.core.presenting.postings import TODAY
from bot.core.scoring import ATTEMPT_SHARES

_VALUE_SHARES = ATTEMPT_SHARES["value"]
_SHARES = ", ".join(f"{share:.0%}" for share in _VALUE_SHARES)
DETAILS: Mapping[str, str] = {
    "today": "One question a day. Everybody gets the same one; it closes when the next one opens.",
    "answer": (
        "With nothing after it, it opens a form with your last attempt. Code may be fenced or plain; any number of "
        "attempts, and a bonus for the first. A value is typed as Python or torch would print it, or as a person "
        f"would; the first {len(_VALUE_SHARES)} attempts earn {_SHARES} of the points. "
        "A choice is a letter, such as B; one attempt counts. What cannot be read is not counted."
    ),
    "try": "Runs code on the published example and shows what came of it. Nothing is compared or counted.",
    "hint": "Says what the next hint costs; hint yes shows it. Seeing one again is free, as are all after solving.",
    "solution": "Free once you solved the question. Before that it warns you, and solution yes gives up the points.",
    "practice": (
        "Picks a question other than today's by what you remember: topics you failed or have not met for long come "
        "back first, then new ones. Topic, level and kind in any combination narrow it down (practice hard hooks, "
        "practice easy choice), or name a question by its id. Said again, it shows another. In a terminal what you "
        "say next is about it, until you say today; in a chat its buttons are about it, and what you type stays about "
        "the question of the day. It earns no points and touches no streak."
    ),
    "leaderboard": "The season unless you name another span. Equal points share a place.",
    "me": (
        "Your points, your place this season, your streak and freezes, your weakest topics with how soon practice "
        "comes back to them, and your last verdicts."
    ),
    "report": (
        "Tells an admin, with the number of your last answer to the question in view, or of your last answer. "
        "With nothing after it, it opens a form."
    ),
    "privacy": (
        "Says what is kept of you and for how long. privacy hide takes you off the boards, privacy hide off puts you "
        "back; privacy export gives you all of it in one file; privacy delete says what would go, and privacy delete "
        "yes deletes it."
    ),
    "help": "help answer tells more about answer, and so on.",
}


def help_card(about: str) -> Card:
    """All verbs, or, when ``about`` names one, that one in detail."""
    word = about.strip().lower()
    if word in LEARNER_VERBS:
        return _verb_card(LEARNER_VERBS[word])
    if word == ADMIN_ROOT:
        return _admin_card()
    rows = tuple((_usage(verb), verb.summary) for verb in LEARNER_VERBS.values())
    complaint = (Plain(f"I do not know {word[:40]}. These I know:"),) if word else ()
    tone = Tone.WARNING if word else Tone.NEUTRAL
    more = f"help answer tells more about answer, and so on. {ADMIN_ROOT} lists what admins can say."
    blocks = (*complaint, Table(("say", "and you get"), rows), Note(more))
    return Card("What you can say", blocks, tone, (TODAY,))


def _admin_card() -> Card:
    rows = tuple((f"{ADMIN_ROOT} {verb.words}", verb.summary) for verb in ADMIN_VERBS.values() if not verb.hidden)
    return Card("What admins can say", (Table(("say", "and you get"), rows),))


def not_admin_card() -> Card:
    """A command for admins, from somebody else."""
    sentence = "That is for who runs this community: on Discord whoever may manage the server, on Slack its admins."
    return Card("Only an admin can do that", (Plain(sentence), Note("Nothing was done.")), Tone.WARNING)


def _verb_card(verb: Verb) -> Card:
    return Card(_usage(verb), (Plain(f"{verb.summary[0].upper()}{verb.summary[1:]}."), Plain(DETAILS[verb.name])))


def _usage(verb: Verb) -> str:
    return f"{verb.name} {verb.argument}".strip()


def unknown_card(said: str) -> Card:
    """A first word that is no verb."""
    near = suggestion(said)
    actions = (Action(near.capitalize(), near),) if near and near in LEARNER_VERBS else ()
    helping = () if near == "help" else (Action("Help", "help"),)
    return Card("I did not understand", (Plain(not_understood(said)),), Tone.WARNING, (*actions, *helping))
