"""What fits on a chat platform: every card and form of a question, measured before anybody is asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeAlias

from bot.core.cards import Block, Card, Code, Facts, Markdown, Note, Plain, Table
from bot.core.personal import filled
from bot.core.presenting.lessons import hints_card, solution_card
from bot.core.presenting.postings import answer_form, posting_card, practice_card, solved_card
from bot.core.presenting.verdicts import Aftermath, verdict_card
from bot.core.proving.proof import Check, failed, passed
from bot.core.questions import ChoiceTask, CodeTask, Question, ValueTask
from bot.core.records import Posting, PostingState, Progress, QuestionVersion, Schedule, Submission, SubmissionState
from bot.core.scoring import Streak
from bot.core.sizes import (
    DISCORD_FORM_TITLE,
    DISCORD_INPUT,
    DISCORD_MESSAGE,
    SLACK_HEADER,
    SLACK_INPUT,
    SLACK_MESSAGE,
    SLACK_SECTION,
)
from bot.core.verdicts import Outcome, Verdict

EVIDENCE = 1_200
"""Characters a verdict needs beside its author's message: inputs, mismatches, and what the code printed."""

_Section: TypeAlias = tuple[str, str]
"""A section of a question file by name, with its text."""


@dataclass(frozen=True, slots=True)
class Excess:
    """``where`` shows ``size`` characters where at most ``limit`` fit; shortening ``section`` mends it best."""

    where: str
    size: int
    limit: int
    section: str

    def __str__(self) -> str:
        return f"{self.where} has {self.size} characters, {self.size - self.limit} more than fit"


@dataclass(frozen=True, slots=True)
class _Shown:
    """A card or the task of a form, and the ``sections`` of the file it shows; ``beside`` characters go elsewhere."""

    where: str
    title: str
    blocks: Sequence[Block]
    sections: Sequence[_Section]
    beside: int = 0


def check_size(question: Question) -> Check:
    """Whether all that a question shows fits on both platforms."""
    found = list(excesses(question))
    if found:
        sections = " and ".join(dict.fromkeys(f"`{excess.section}`" for excess in found))
        return failed("size", "; ".join(map(str, found)), f"shorten {sections}")
    longest = max(map(_discord, _shown(_longest(question))))
    cut = f"; forms cut the title at {DISCORD_FORM_TITLE}" if len(question.title) > DISCORD_FORM_TITLE else ""
    return passed("size", f"the longest message takes {longest} of {DISCORD_MESSAGE} characters{cut}")


def excesses(question: Question) -> Iterator[Excess]:
    """Every budget of a platform that a card or form of ``question`` exceeds, a personal one at its longest."""
    longest = _longest(question)
    for shown in _shown(longest):
        yield from _too_long(shown)
    yield from _inputs(longest)


def _too_long(shown: _Shown) -> Iterator[Excess]:
    blame = max(shown.sections, key=lambda section: len(section[1]))[0]
    slack = shown.beside + sum(map(_slack, shown.blocks))
    sizes = [
        (f"{shown.where} on Discord", _discord(shown), DISCORD_MESSAGE, blame),
        (f"{shown.where} on Slack", slack, SLACK_MESSAGE, blame),
        (f"the title of {shown.where} on Slack", len(_escaped(shown.title)), SLACK_HEADER, "title"),
    ]
    for block in shown.blocks:
        part = next((name for name, text in shown.sections if text.strip() and text.strip() in _text(block)), blame)
        sizes.append((f"one part of {shown.where} on Slack", _slack(block), SLACK_SECTION, part))
    yield from (Excess(*measured) for measured in sizes if measured[1] > measured[2])


def _inputs(question: Question) -> Iterator[Excess]:
    """What a learner finds in a form's field, or writes into it."""
    task = question.task
    for name in ("Starter", "Solution") if isinstance(task, CodeTask) else ():
        assert isinstance(task, CodeTask)
        size = len(task.starter if name == "Starter" else task.solution)
        limit = min(SLACK_INPUT, DISCORD_INPUT)
        if size > limit:
            yield Excess(f"the {name.lower()} in a form's field", size, limit, name)


# --- cards -------------------------------------------------------------------------------------------------


def _longest(question: Question) -> Question:
    task = question.task
    if not isinstance(task, ValueTask) or not task.params:
        return question
    return filled(question, {param.name: max(param.values, key=len) for param in task.params})


def _shown(question: Question) -> Iterator[_Shown]:
    """Everything that shows an author's text, at its longest."""
    posting, done = _posting(question), Progress(attempts=1, solved=True, hints_used=len(question.hints), points=10)
    task, form = _task_sections(question), answer_form(posting, None, "answer")
    hints = [("Hints", "\n".join(question.hints))]
    solution = [*_solution(question), ("Explanation", question.explanation)]
    yield _card("the posting", posting_card(posting, 1000, 1000), task)
    yield _card("the question once solved", solved_card(posting, done, 1000, 1000), task)
    yield _card("the question in practice", practice_card(posting, done), task)
    yield _Shown("the form", form.title, form.task, task)
    yield _card("the hints", hints_card(posting, done), hints)
    yield _card("the solution", solution_card(posting, done), solution)
    for name, message in _messages(question):
        verdict = Verdict(Outcome.WRONG_ANSWER, message, 0, 3, by_author=True)
        after = Aftermath(awarded=False, progress=Progress(attempts=1), streak=Streak(1, 1, 0, ()))
        card = verdict_card(posting, _submission(), verdict, after)
        yield _card(f"the verdict on {name}", card, [(name, message)], EVIDENCE)


def _card(where: str, card: Card, sections: Sequence[_Section], beside: int = 0) -> _Shown:
    return _Shown(where, card.title, card.blocks, sections, beside)


def _task_sections(question: Question) -> list[_Section]:
    prompt = ("Prompt", question.prompt)
    match question.task:
        case CodeTask(starter=starter, probe=probe):
            return [prompt, ("Starter", starter), ("Probe", probe)]
        case ValueTask(snippet=snippet, expression=expression):
            return [prompt, ("Snippet", snippet), ("Expression", expression)]
        case ChoiceTask(options=options, snippet=snippet):
            return [prompt, ("Snippet", snippet), ("Options", "\n".join(option.text for option in options))]


def _solution(question: Question) -> list[_Section]:
    if isinstance(question.task, ChoiceTask):
        return [("Options", "".join(option.note for option in question.task.options if option.right))]
    return [("Solution", question.task.solution)]


def _messages(question: Question) -> Iterator[_Section]:
    for number, wrong in enumerate(question.wrong_answers, 1):
        yield f"Wrong answers ({wrong.name or number})", wrong.message
    if isinstance(question.task, ChoiceTask):
        for option in question.task.options:
            yield f"Options ({option.text[:40]})", option.note


def _posting(question: Question) -> Posting:
    at = datetime(2025, 9, 24, tzinfo=UTC)  # a Wednesday in September: no date is longer
    version, schedule = QuestionVersion(1, "", question), Schedule(1, 1, "", "UTC")
    return Posting(10_000, schedule, at.date(), version, PostingState.POSTED, at, practice=False)


def _submission() -> Submission:
    at = datetime(2025, 9, 24, tzinfo=UTC)
    return Submission(100_000, 10_000, 1, "", "", at, 1, SubmissionState.STORED)


# --- measuring ---------------------------------------------------------------------------------------------


def _discord(shown: _Shown) -> int:
    # It counts UTF-16 units at worst, and a line end joins two blocks.
    texts = (shown.title, *map(_text, shown.blocks))
    return shown.beside + sum(len(text.encode("utf-16-le")) // 2 + 1 for text in texts)


def _slack(block: Block) -> int:
    return len(_escaped(_text(block)))


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _text(block: Block) -> str:
    """A block as either platform writes it, give or take a few signs of markup."""
    match block:
        case Markdown(text=text) | Plain(text=text):
            return text
        case Note(text=text):
            return f"-# {text}"
        case Code(text=text, caption=caption):
            return f"{caption}\n```python\n{text.strip()}\n```"
        case Facts(pairs=pairs):
            return "\n".join(f"**{label}** {value}" for label, value in pairs)
        case Table(columns=columns, rows=rows):
            return "\n".join("  ".join(row) for row in (columns, *rows))
