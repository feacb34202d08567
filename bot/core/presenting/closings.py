"""What everybody sees below a question once it has closed."""

from __future__ import annotations

from collections.abc import Sequence

from bot.core.cards import Block, Card, Code, Facts, Markdown, Note
from bot.core.personal import is_personal, shown_generic
from bot.core.questions import ChoiceTask, CodeTask, Question, ValueTask
from bot.core.records import Posting
from bot.core.words import counted

ELSEWHERE = "The same question is still open in another channel here, so its explanation waits until that has closed."


def closing_card(
    posting: Posting,
    counts: tuple[int, int],
    diagnoses: Sequence[tuple[str, int]],
    waiting: int,
    *,
    open_elsewhere: bool = False,
) -> Card:
    """How a posting went, and why its answer is what it is.

    ``counts`` are how many learners answered and solved it, ``diagnoses`` what was wrong with how many learners'
    answers, most first; ``waiting`` answers have no verdict yet. No solution while it is ``open_elsewhere``.
    """
    question = posting.version.question
    facts = Facts((("date", f"{posting.local_date:%A}, {posting.local_date}"), *_went(*counts), *_misled(diagnoses)))
    told: tuple[Block, ...] = (Note(ELSEWHERE),) if open_elsewhere else (*_solution(question), _explanation(question))
    notes = (Note(_judged_later(waiting)),) if waiting else ()
    return Card(f"Closed: {question.title}", (facts, *told, *notes), about=posting.id)


def _went(answered: int, solved: int) -> tuple[tuple[str, str], ...]:
    if not answered:
        return (("answered by", "nobody"),)
    return (("answered by", str(answered)), ("solved by", f"{solved} ({solved / answered:.0%})"))


def _misled(diagnoses: Sequence[tuple[str, int]]) -> tuple[tuple[str, str], ...]:
    return tuple(
        ("most common mistake", f"{name} ({counted(learners, 'learner')})") for name, learners in diagnoses[:1]
    )


def _judged_later(waiting: int) -> str:
    if waiting == 1:
        return "One answer that came in time still waits for its verdict; these numbers will follow."
    return f"{waiting} answers that came in time still wait for their verdicts; these numbers will follow."


def _explanation(question: Question) -> Block:
    return Markdown(shown_generic(question).explanation)


def _solution(question: Question) -> tuple[Block, ...]:
    """The solution as everybody may see it: no letter and no numbers that are each learner's own."""
    match question.task:
        case CodeTask(solution=solution):
            return (Code(solution, caption="One solution:"),)
        case ValueTask() if is_personal(question):
            return ()
        case ValueTask(expression=expression, solution=solution):
            return (Code(solution, "text", f"{expression} is"),)
        case ChoiceTask(options=options):
            right = next(option for option in options if option.right)
            return (Markdown(f"**{right.text}**"), Markdown(right.note))
