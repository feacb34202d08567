"""The one grammar: the same words on every platform."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Verb:
    """What an adapter knows about a verb before any I/O.

    ``argument`` is how it is written in help. ``opens_form``: without an argument it asks for one.
    ``needs_judge``: the reply takes a run in a cell, so say that it is running.
    """

    name: str
    summary: str
    argument: str = ""
    opens_form: bool = False
    needs_judge: bool = False
    public: bool = False


@dataclass(frozen=True, slots=True)
class Command:
    """A verb of :data:`VERBS` with its argument text, or (``verb == "unknown"``) what could not be understood.

    ``argument`` keeps the learner's text exactly, line ends included.
    """

    verb: str
    argument: str = ""


_LEARNER_VERBS = (
    Verb("today", "show today's question", public=True),
    Verb("answer", "answer it: code, or a value", "[code or value]", opens_form=True, needs_judge=True),
    Verb("try", "run code on the example; costs nothing", "[code]", opens_form=True, needs_judge=True),
    Verb("hint", "the next hint; says its cost first", "[yes]"),
    Verb("solution", "the solution, after solving or giving up", "[yes]"),
    Verb("leaderboard", "who is where", "[day|week|month|season|all]"),
    Verb("me", "your points, streak and last verdicts"),
    Verb("help", "what you can say"),
)
VERBS: Mapping[str, Verb] = {verb.name: verb for verb in _LEARNER_VERBS}


def parse(text: str) -> Command:
    """The command in ``text``: the first word is the verb, in any case, a leading ``/`` or ``grad`` ignored."""
    rest = text.lstrip()
    for prefix in ("/grad", "grad", "/"):
        if rest.lower().startswith(prefix) and (prefix == "/" or not rest[len(prefix) :][:1].isalnum()):
            rest = rest[len(prefix) :].lstrip()
            break
    word, _, argument = _split_first_word(rest)
    verb = word.lower()
    if not verb:
        return Command("help")
    return Command(verb, argument) if verb in VERBS else Command("unknown", word)


def _split_first_word(text: str) -> tuple[str, str, str]:
    for index, character in enumerate(text):
        if character.isspace():
            # Only the one separator goes: indentation and line ends of code belong to the argument.
            return text[:index], character, text[index + 1 :]
    return text, "", ""


def suggestion(word: str) -> str | None:
    """The known verb nearest to ``word``, if any is near."""
    matches = difflib.get_close_matches(word.lower(), VERBS, n=1, cutoff=0.6)
    return matches[0] if matches else None
