"""Hints and solutions: what they cost first, then what they say."""

from __future__ import annotations

from bot.core.cards import Action, Block, Card, Code, Markdown, Note, Plain, Tone
from bot.core.presenting.postings import (
    ANSWER,
    BOARD,
    PRACTICE,
    SOLUTION,
    TODAY,
    UNSCORED,
    next_hint_cost,
    next_points,
)
from bot.core.presenting.tasks import letter_of
from bot.core.questions import ChoiceTask, CodeTask, Question, Trial, ValueTask
from bot.core.records import Posting, Progress
from bot.core.showing import show
from bot.core.words import counted


def hints_card(posting: Posting, progress: Progress) -> Card:
    """The hints already shown, and what the next one costs; all of them once the question is solved or given up."""
    question = posting.version.question
    count = len(question.hints)
    if not count:
        return Card("No hints", (Plain("This question has none."),), Tone.WARNING, (ANSWER, SOLUTION), posting.id)
    shown = count if progress.is_open else min(progress.hints_used, count)
    blocks: list[Block] = [
        Markdown(f"**Hint {number} of {count}.** {hint}") for number, hint in enumerate(question.hints[:shown], 1)
    ]
    title = f"Hints: {question.title}"
    if shown == count:
        return Card(title, (*blocks, Note("That was the last hint.")), actions=(ANSWER, SOLUTION), about=posting.id)
    price = _price(posting, progress)
    offer = Note(f"Hint {shown + 1} of {count} {price}.")
    buy = Action(f"Hint {shown + 1} {price}", "hint", f"yes {shown + 1}")
    return Card(title, (*blocks, offer), actions=(ANSWER, buy), about=posting.id)


def _price(posting: Posting, progress: Progress) -> str:
    cost = next_hint_cost(posting, progress)
    return f"costs {counted(cost, 'point')}" if cost else "costs nothing"


def warning_card(posting: Posting, progress: Progress) -> Card:
    """Before giving up: what it costs."""
    price = f"It costs nothing ({UNSCORED})." if posting.practice else _loss(posting, progress)
    return Card(
        "The solution, before you solved it?",
        (Plain(f"Seeing it means giving up. {price}"),),
        Tone.WARNING,
        (ANSWER, Action("Give up and show it", "solution", "yes")),
        posting.id,
    )


def _loss(posting: Posting, progress: Progress) -> str:
    worth = next_points(posting, progress)
    loss = (
        f"A right answer of yours can still earn {counted(worth, 'point')}; after that it earns none."
        if worth
        else "No points are left to earn on this question, so it costs nothing."
    )
    streak = (
        "Your streak keeps this day, because you answered."
        if progress.attempts
        else "Your streak needs an answer today, right or wrong; seeing the solution is not one."
    )
    return f"{loss} {streak}"


def solution_card(posting: Posting, progress: Progress, trial: Trial | None = None) -> Card:
    """The solution and why it is right; a personal one as the value in ``trial``, where it has been drawn."""
    question = posting.version.question
    blocks: tuple[Block, ...] = (*_solution(question, trial), Markdown(question.explanation))
    if posting.practice:
        return Card(f"Solution: {question.title}", blocks, actions=(PRACTICE, TODAY), about=posting.id)
    if progress.solved:
        return Card(f"Solution: {question.title}", blocks, actions=(BOARD,), about=posting.id)
    note = Note(
        "You gave up the points of this question."
        if progress.attempts
        else "You gave up the points of this question. An answer still keeps your streak."
    )
    return Card(f"Solution: {question.title}", (*blocks, note), actions=(ANSWER, BOARD), about=posting.id)


def _solution(question: Question, trial: Trial | None) -> tuple[Block, ...]:
    match question.task:
        case CodeTask(solution=solution):
            return (Code(solution, caption="One solution:"),)
        case ValueTask(expression=expression, solution=solution):
            return (Code(show(trial.expected["value"]) if trial else solution, "text", f"{expression} is"),)
        case ChoiceTask(options=options):
            right = next(option for option in options if option.right)
            return (Markdown(f"**{letter_of(question, right.text)}** · {right.text}"), Markdown(right.note))


def confirm_card(verb: str, said: str) -> Card:
    """``hint`` or ``solution`` with a word after it that is not ``yes``."""
    return Card(
        "Nothing was shown",
        (Plain(f"After {verb} I understand only yes, and you wrote: {said[:60]}"), Note(f"Say {verb}, or {verb} yes.")),
        Tone.WARNING,
        (Action(verb.capitalize(), verb),),
    )
