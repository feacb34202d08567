"""The one grammar: the same words on every platform."""

from __future__ import annotations

import difflib
import keyword
import re
from collections.abc import Mapping
from dataclasses import dataclass

from bot.core.answers import LETTERS, Answer, read_value
from bot.core.sizes import MAX_QUESTION_FILE
from sandbox.protocol import MAX_SOURCE

MAX_ARGUMENT = MAX_SOURCE
"""Bytes of UTF-8 an adapter hands on as an argument; more is refused before it is read whole."""

_MAX_SHOWN = 40
_EXCEPTION_OR_NODE = re.compile(r"[A-Z]\w*(Error|Exception|Backward\d+)")


@dataclass(frozen=True, slots=True)
class Verb:
    """What an adapter knows about a verb before any I/O.

    ``argument`` is how it is written in help. ``opens_form``: without an argument it asks for one. ``admin``: only for
    who may run the community, under the root ``gradadmin``, where it is written as ``words``. ``hidden``: only ever
    said by a button.
    """

    name: str
    summary: str
    argument: str = ""
    opens_form: bool = False
    admin: bool = False
    words: str = ""
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Command:
    """A verb of :data:`VERBS` with its argument text, or (``verb == "unknown"``) what could not be understood.

    ``argument`` keeps the learner's text exactly, line ends included. ``posting`` is the id of the posting it is
    about, ``None`` for today's.
    """

    verb: str
    argument: str = ""
    posting: int | None = None


_PLANNED = "[time, zone, days, how hard]"
_LEARNER_VERBS = (
    Verb("today", "show today's question"),
    Verb("answer", "answer it: code, a value, or a letter", "[code, value or letter]", opens_form=True),
    Verb("try", "run code on the example; costs nothing", "[code]", opens_form=True),
    Verb("hint", "the next hint; says its cost first", "[yes]"),
    Verb("solution", "the solution, after solving or giving up", "[yes]"),
    Verb("practice", "another question; no points, no streak", "[topic, level, kind or id]"),
    Verb("leaderboard", "who is where", "[day|week|month|season|all]"),
    Verb("me", "your points, streak, topics and last verdicts"),
    Verb("report", "tell an admin what is wrong with a question or a verdict", "[text]", opens_form=True),
    Verb("privacy", "what is kept of you; hide, export or delete it", "[show|hide|export|delete]"),
    Verb("help", "what you can say"),
)
_ADMIN_VERBS = (
    Verb("setup", "post a question in this channel by itself", _PLANNED, opens_form=True, admin=True, words="setup"),
    Verb("schedule-show", "when questions are posted, and what comes next", admin=True, words="schedule show"),
    Verb("schedule-set", "change when they are posted", _PLANNED, opens_form=True, admin=True, words="schedule set"),
    Verb("schedule-queue", "have a question asked next", "[id of a question]", admin=True, words="schedule queue"),
    Verb("schedule-skip", "post nothing next time", "[days, or until a date]", admin=True, words="schedule skip"),
    Verb("schedule-pause", "post nothing until you resume", admin=True, words="schedule pause"),
    Verb("schedule-resume", "post again, and skip nothing", admin=True, words="schedule resume"),
    Verb("post-now", "post today's question in this channel", admin=True, words="post-now"),
    Verb(
        "upload",
        "check a question of your own, and publish it",
        "[file]",
        opens_form=True,
        admin=True,
        words="question upload",
    ),
    Verb("health", "how questions fare", "[id]", admin=True, words="question health"),
    Verb("void", "take a question back: it does not count", "[number, yes]", admin=True, words="schedule void"),
    Verb("rejudge", "judge a question's answers again", "[number, yes]", admin=True, words="rejudge"),
    Verb(
        "settings",
        "what is settled here, and change it",
        "[setting and value, such as season 6]",
        admin=True,
        words="settings",
    ),
    Verb("audit", "what admins did here", admin=True, words="audit"),
    Verb("publish", "let an uploaded question be asked", admin=True, words="question publish", hidden=True),
    Verb("discard", "throw an uploaded question away", admin=True, words="question discard", hidden=True),
)
LEARNER_VERBS: Mapping[str, Verb] = {verb.name: verb for verb in _LEARNER_VERBS}
ADMIN_VERBS: Mapping[str, Verb] = {verb.name: verb for verb in _ADMIN_VERBS}
VERBS: Mapping[str, Verb] = {**LEARNER_VERBS, **ADMIN_VERBS}
ADMIN_ROOT = "gradadmin"


_ROOT = re.compile(r"/?grad(admin)?(?=\s|$)|/", re.IGNORECASE)
_GLUED = re.compile(r"([a-z]+)(?::(?=[^\S\n]*\S)|(?=[\[`~]))", re.IGNORECASE)
"""``answer: [4, 6]``, ``answer[4, 6]`` and an opening fence right after the verb, as people type them."""


def parse(text: str, *, admin: bool = False) -> Command:
    """The command in ``text``: the first word is the verb, in any case, a leading ``/`` or ``grad`` ignored.

    After ``gradadmin``, or with ``admin``, it is a command for admins, which may be of two words.
    """
    rest = text.lstrip()
    if root := _ROOT.match(rest):
        admin = admin or root[1] is not None
        rest = rest[root.end() :].lstrip()
    if admin:
        return _for_admins(rest)
    word, argument = _split_verb(rest)
    verb = word.lower()
    if not verb:
        return Command("help")
    return Command(verb, argument) if verb in LEARNER_VERBS else Command("unknown", rest)


def _for_admins(text: str) -> Command:
    for verb in ADMIN_VERBS.values():
        words = r"[^\S\n]+".join(verb.words.split())
        if said := re.match(rf"{words}(?=\s|$)\s?", text, re.IGNORECASE):
            return Command(verb.name, text[said.end() :])
    bare = text.strip().lower()
    if shown := next((verb for verb in ADMIN_VERBS.values() if verb.words == f"{bare} show"), None):
        return Command(shown.name)
    if bare in ("", "help"):
        return Command("help", ADMIN_ROOT)
    return Command("unknown", f"{ADMIN_ROOT} {text}")


def _split_verb(text: str) -> tuple[str, str]:
    glued = _GLUED.match(text)
    if glued and glued[1].lower() in LEARNER_VERBS:
        return glued[1], text[glued.end() :].removeprefix(" ")
    space = re.search(r"\s", text)
    if not space:
        return text, ""
    # Only the one separator goes: indentation and line ends of code belong to the argument.
    return text[: space.start()], text[space.end() :]


def most_bytes(verb: str) -> int:
    """Bytes of UTF-8 an adapter hands on as the argument of a verb; more is refused before it is read whole."""
    return MAX_QUESTION_FILE if verb == "upload" else MAX_ARGUMENT


def typed(verb: str, argument: str = "") -> str:
    """What a person types for a known verb."""
    words = f"{ADMIN_ROOT} {VERBS[verb].words}" if VERBS[verb].admin else verb
    return f"{words} {argument}".strip()


def suggestion(said: str) -> str | None:
    """The known verb nearest to the first word of ``said``, if any is near."""
    word, _, rest = said.lower().partition(" ")
    if word == ADMIN_ROOT:
        # What cannot be undone is for who names it.
        words = [verb.words for verb in ADMIN_VERBS.values() if not verb.hidden and verb.name != "void"]
        near = difflib.get_close_matches(rest.strip()[:_MAX_SHOWN], words, n=1, cutoff=0.5)
        return f"{ADMIN_ROOT} {near[0]}" if near else None
    first = _first_word(said)[:_MAX_SHOWN].lower()
    if keyword.iskeyword(first):
        return None  # `import torch` is no misspelt `report`
    matches = difflib.get_close_matches(first, LEARNER_VERBS, n=1, cutoff=0.6)
    return matches[0] if matches else None


def not_understood(said: str) -> str:
    """One sentence on a text that begins with no verb; the caller escapes it like any text of a learner."""
    word, near = _first_word(said), suggestion(said)
    if reads_as_answer(said) and not near:
        return f"Did you mean `answer {said.strip()}`?"
    if word == ADMIN_ROOT:
        shown = " ".join(said.split())[:_MAX_SHOWN]
        return f"I do not know `{shown}`. " + (
            f"Did you mean `{near}`?" if near else f"`{ADMIN_ROOT}` lists what I know."
        )
    advice = f"Did you mean `{near}`?" if near else "To answer, begin with `answer`; `help` lists what you can say."
    shown = word if len(word) <= _MAX_SHOWN else f"{word[:_MAX_SHOWN]}…"
    return f"I do not know `{shown}`. {advice}"


def _first_word(said: str) -> str:
    return said.split(maxsplit=1)[0] if said.strip() else ""


def reads_as_answer(said: str) -> bool:
    """Whether ``said`` is a short value or the letter of an option. Any word is a value; only some look like one."""
    said = said.strip()
    if len(said) > 2 * _MAX_SHOWN or "\n" in said:
        return False
    if said.rstrip(").").lstrip("(").upper() in set(LETTERS):
        return True
    read = read_value(said)
    if not isinstance(read, Answer):
        return False
    return not isinstance(read.value, str) or bool(_EXCEPTION_OR_NODE.fullmatch(read.value))
