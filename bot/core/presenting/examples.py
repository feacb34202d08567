"""What code did on the published example: shown as it is, compared with nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from bot.core.cards import Action, Block, Card, Code, Note, Plain, Tone
from bot.core.grading import grade
from bot.core.presenting.pieces import capped, failure_caption, failure_text, values
from bot.core.questions import CodeTask, Question, Trial
from bot.core.showing import show
from sandbox.protocol import Ending, Report

TRY_AGAIN = Action("Try again", "try")
MAX_OBSERVED = 8


def trying_card(question: Question, position: int = 0) -> Card:
    """Shown while the example runs, or has a ``position`` in the queue."""
    doing = f"Busy, position {position:,} in the queue" if position else "Running your code on the example"
    return Card(f"{doing}: {question.title}")


def example_card(question: Question, example: Trial, report: Report) -> Card:
    """Inputs of the example, what the code made of them, and what it printed."""
    ran = _ran(report)
    blocks = (
        *values([(name, show(value)) for name, value in example.inputs.items()]),
        *_outcome(question, example, report),
        *((Code(capped(report.output), "text", "It printed:"),) if report.output.strip() else ()),
        Note("A try costs nothing and is compared with nothing. Answer when you are content with it."),
    )
    title = f"{'It ran' if ran else 'It did not run through'}: {question.title}"
    actions = (Action("Answer", "answer"), TRY_AGAIN)
    return Card(title, blocks, Tone.NEUTRAL if ran else Tone.BAD, actions)


def _ran(report: Report) -> bool:
    return report.ending is Ending.COMPLETED and report.failure is None


def _outcome(question: Question, example: Trial, report: Report) -> Iterator[Block]:
    if not _ran(report):
        # Only how the run ended is said: neither whether values are right nor which wrong answer fails alike.
        ended = grade(question, report, (replace(example, mistakes=()),))
        yield Plain(ended.message)
        if ended.failure is not None and ended.failure.stage != "entry":  # then the sentence says it all
            yield Code(failure_text(ended.failure), "text", failure_caption(ended.failure))
    for observed in report.trials[:1]:
        # Names and values come from the learner's process.
        pairs = list(observed.items())[:MAX_OBSERVED]
        yield from values([(_label(question, name), show(value)) for name, value in pairs])


def _label(question: Question, name: str) -> str:
    returned = isinstance(question.task, CodeTask) and not question.task.probe and name == "result"
    return "it returned" if returned else f"{capped(name, 60)} is"


def no_example_card(question: Question) -> Card:
    """Try on a question that asks for no code."""
    wanted = "one of its options" if question.kind == "choice" else "a value"
    return Card(
        "There is nothing to run here",
        (Plain(f"Try is for questions that ask for code. “{question.title}” asks for {wanted}: answer with it."),),
        Tone.WARNING,
        (Action("Answer", "answer"),),
    )
