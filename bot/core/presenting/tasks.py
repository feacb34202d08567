"""The task itself: what is asked, the code that belongs to it, and the part that is each learner's own."""

from __future__ import annotations

from bot.core.answers import LETTERS
from bot.core.cards import Block, Code, Markdown
from bot.core.personal import is_personal, shown_generic
from bot.core.questions import ChoiceTask, CodeTask, Question, ValueTask
from bot.core.records import Posting
from bot.core.scoring import scored_attempts


def public_blocks(question: Question) -> tuple[Block, ...]:
    """What everybody may see: letters where numbers are personal, and no options, whose order is."""
    shown = shown_generic(question)
    return (Markdown(shown.prompt), *_code(shown))


def task_blocks(question: Question) -> tuple[Block, ...]:
    """The whole of one learner's own question."""
    return (Markdown(question.prompt), *_code(question), *_options(question))


def own_blocks(posting: Posting, own: Posting) -> tuple[Block, ...]:
    """The part of ``own`` that ``posting`` does not show to everybody; nothing where all is the same for all."""
    question, mine = posting.version.question, own.version.question
    if is_personal(question):
        changed = mine.prompt != shown_generic(question).prompt
        return (*((Markdown(mine.prompt),) if changed else ()), *_code(mine))
    return _options(mine)


def form_blocks(question: Question) -> tuple[Block, ...]:
    """As :func:`task_blocks`, without what the field of the form opens with."""
    if isinstance(question.task, CodeTask):
        return (Markdown(question.prompt), *_use(question.task))
    return task_blocks(question)


def _use(task: CodeTask) -> tuple[Block, ...]:
    return (Code(task.probe, caption="Your code is used like this:"),) if task.probe else ()


def _code(question: Question) -> tuple[Block, ...]:
    match question.task:
        case CodeTask(entry=entry, starter=starter) as task:
            return (Code(starter, caption=f"Write {entry}, starting from this:"), *_use(task))
        case ValueTask(snippet=snippet, expression=expression):
            return (Code(snippet, caption=f"What is {expression} after this?"),)
        case ChoiceTask(snippet=snippet):
            return (Code(snippet),) if snippet.strip() else ()


def _options(question: Question) -> tuple[Block, ...]:
    if not isinstance(question.task, ChoiceTask):
        return ()
    lines = (f"**{letter}** · {option.text}" for letter, option in zip(LETTERS, question.task.options, strict=False))
    return (Markdown("\n\n".join(lines)),)


def letter_of(question: Question, text: str) -> str:
    """The letter of the option with this text among the learner's own; empty where there is none."""
    options = question.task.options if isinstance(question.task, ChoiceTask) else ()
    return next((letter for letter, option in zip(LETTERS, options, strict=False) if option.text == text), "")


def how_to_begin(posting: Posting) -> str:
    """How to answer a question of this kind, and what may be done before."""
    trying = " Try runs it on an example first and costs nothing."
    return how_to_answer(posting) + trying * isinstance(posting.version.question.task, CodeTask)


def how_to_answer(posting: Posting) -> str:
    """How to answer a question of this kind, in a line."""
    question = posting.version.question
    match question.task:
        case CodeTask(entry=entry):
            return f"Answer with code that defines {entry}."
        case ValueTask():
            number = scored_attempts(question.kind)
            scored = "" if posting.practice else f" {number} attempts earn points."
            return f"Answer with a value: numbers such as [1, 2] or 0.5, None, True, or a name.{scored}"
        case ChoiceTask(options=options):
            scored = "" if posting.practice else " One attempt counts."
            return f"Answer with a letter, from A to {LETTERS[len(options) - 1]}.{scored}"


def what_is_own(question: Question) -> str:
    """What each learner has of their own on this question, in a line under what everybody sees; may be empty."""
    if isinstance(question.task, ChoiceTask):
        return f"Its {len(question.task.options)} options come in an order of your own: Answer shows them."
    if isinstance(question.task, ValueTask) and question.task.params:
        names = " and ".join(param.name for param in question.task.params)
        return f"In place of {names} you have numbers of your own: Answer shows them."
    return ""
