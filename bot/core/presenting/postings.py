"""The question of the day: its card, the form that asks for an answer, and where the caller stands."""

from __future__ import annotations

from collections.abc import Iterator

from bot.core.calendar import Lateness, lateness
from bot.core.cards import Action, Card, Facts, Form, Note, Tone
from bot.core.presenting.pieces import outcome_text
from bot.core.presenting.tasks import (
    form_blocks,
    how_to_answer,
    how_to_begin,
    letter_of,
    own_blocks,
    public_blocks,
    task_blocks,
    what_is_own,
)
from bot.core.questions import CodeTask, Question
from bot.core.records import Posting, Progress, Submission, SubmissionState
from bot.core.scoring import hint_cost, points_for, scored_attempts
from bot.core.words import counted

ANSWER = Action("Answer", "answer")
SOLUTION = Action("Solution", "solution")
BOARD = Action("Leaderboard", "leaderboard")
TODAY = Action("Today's question", "today")
PRACTICE = Action("Practice", "practice")
REPORT = Action("Report", "report")
UNSCORED = "practice: no points, no streak"
_BY_BUTTONS = "Use the buttons here: what you type after /grad is about the question of the day."
_LABELS = {"code": "Your code", "value": "Your value", "choice": "The letter of your choice"}


def posting_card(posting: Posting, answered: int, solved: int) -> Card:
    """What everyone sees of the question of the day: the task, what it is worth and how to answer.

    Topics stay out, they would tell too much.
    """
    question = posting.version.question
    heading = Note(" · ".join((*(value for _, value in _heading(posting)), stake(question))))
    own = what_is_own(question)
    hints = (late_text(posting), own, how_to_begin(posting), f"{_counted(answered, solved)} so far")
    notes = tuple(Note(hint) for hint in hints if hint)
    return Card(
        question.title,
        (heading, *public_blocks(question), *notes),
        actions=(*posting_actions(question), BOARD),
        about=posting.id,
    )


def late_text(posting: Posting) -> str:
    """That a posting came late, and that this costs nobody anything; empty where it did not."""
    if posting.due_at is None or lateness(posting.due_at, posting.opened_at) is Lateness.ON_TIME:
        return ""
    minutes = int((posting.opened_at - posting.due_at).total_seconds()) // 60
    late = counted(minutes // 60, "hour") if minutes >= 120 else counted(minutes, "minute")
    return f"Posted {late} late: I was away when it was due. It stays open until the next one."


def solved_card(own: Posting, progress: Progress, answered: int, solved: int) -> Card:
    """The question of the day to somebody who solved it: the task again, and what it earned."""
    question = own.version.question
    pairs = (
        *_heading(own),
        ("so far", _counted(answered, solved)),
        ("attempts", str(progress.attempts)),
        *_hints(question, progress),
        ("points", str(progress.points)),
        ("topics", ", ".join(question.topics)),
    )
    blocks = (Note("You solved it."), Facts(pairs), *task_blocks(question))
    return Card(question.title, blocks, Tone.GOOD, (SOLUTION, PRACTICE, BOARD), own.id)


def _heading(posting: Posting) -> tuple[tuple[str, str], ...]:
    day = posting.local_date
    return ("date", f"{day:%A}, {day.day} {day:%B %Y}"), ("level", posting.version.question.level.value)


def _counted(answered: int, solved: int) -> str:
    return f"{answered} answered, {solved} solved"


def practice_card(own: Posting, progress: Progress, *, by_buttons: bool = False) -> Card:
    """A question to practise on, the caller's own part included, and nothing at stake.

    ``by_buttons``: what is typed is about another question, so only the buttons of this card answer it.
    """
    question = own.version.question
    solution = (SOLUTION,) if progress.is_open else ()
    facts = Facts((("level", question.level.value), ("counts as", UNSCORED), ("id", question.id)))
    how = (Note(how_to_begin(own)), *((Note(_BY_BUTTONS),) if by_buttons else ()))
    blocks = (facts, *task_blocks(question), *how)
    return Card(question.title, blocks, actions=(*posting_actions(question), *solution, PRACTICE, TODAY), about=own.id)


def posting_actions(question: Question) -> tuple[Action, ...]:
    """The verbs that make sense on a question of this kind."""
    trying = (Action("Try", "try"),) if question.kind == "code" else ()
    hint = (Action("Hint", "hint"),) if question.hints else ()
    return (ANSWER, *trying, *hint)


def stake(question: Question) -> str:
    """What a right answer is worth on each attempt."""
    level, kind = question.level, question.kind
    scored = scored_attempts(kind)
    first, *later = (points_for(level, kind, attempt, 0, False) for attempt in range(1, (scored or 2) + 1))
    if scored is None:
        return f"{counted(later[0], 'point')}, {first} if the first attempt is right"
    if not later:
        return f"{counted(first, 'point')}; one attempt counts"
    return f"{counted(first, 'point')} on the first attempt, then {', then '.join(map(str, later))}"


def answer_form(own: Posting, last: Submission | None, verb: str, draft: str = "") -> Form:
    """Asks for an answer (or, with ``verb`` "try", for code to run).

    It opens with the ``draft`` if there is one, else with the last attempt, else with the starter.
    """
    question = own.version.question
    is_code = isinstance(question.task, CodeTask)
    starter = question.task.starter if isinstance(question.task, CodeTask) else ""
    how = how_to_answer(own) if verb == "answer" else "It runs on an example; nothing is compared or counted."
    return Form(
        question.title,
        (*form_blocks(question), Note(how)),
        verb,
        draft or ((letter_of(question, last.text) or last.text) if last else starter),
        multiline=is_code,
        about=own.id,
        label=_LABELS[question.kind] if verb == "answer" else "Your code",
    )


def standing_card(posting: Posting, own: Posting, progress: Progress, last: Submission | None) -> Card | None:
    """What is the caller's own on this posting, and where they stand; ``None`` while there is nothing to say.

    On a practice posting, whose card is theirs alone, only where they stand.
    """
    mine = () if posting.practice else own_blocks(posting, own)
    started = progress.attempts or progress.hints_used or progress.gave_up
    if not started:
        return Card(f"Yours: {own.version.question.title}", mine, about=own.id) if mine else None
    standing = Facts(tuple(_standing(own, progress, last)))
    if progress.solved:
        return Card("You solved it", (*mine, standing), Tone.GOOD, about=own.id)
    solution = progress.gave_up and not posting.practice
    return Card("Where you stand", (*mine, standing), actions=(SOLUTION,) if solution else (), about=own.id)


def _standing(own: Posting, progress: Progress, last: Submission | None) -> Iterator[tuple[str, str]]:
    yield "attempts", _attempts(own, progress)
    if last is not None:
        yield "last verdict", _last_verdict(last)
    yield from _hints(own.version.question, progress)
    if not own.practice:
        worth = "nothing, you gave up" if progress.gave_up else counted(next_points(own, progress), "point")
        yield "a right answer earns", worth


def _hints(question: Question, progress: Progress) -> tuple[tuple[str, str], ...]:
    return (("hints", f"{progress.hints_used} of {len(question.hints)}"),) if progress.hints_used else ()


def _attempts(posting: Posting, progress: Progress) -> str:
    scored = scored_attempts(posting.version.question.kind)
    if scored is None or posting.practice:
        return str(progress.attempts)
    return f"{progress.attempts} ({'one counts' if scored == 1 else f'{scored} earn points'})"


def _last_verdict(last: Submission) -> str:
    if last.state is SubmissionState.STORED or last.verdict is None:
        return f"answer no. {last.id} is stored and waits for its verdict"
    return outcome_text(last.verdict)


def next_points(posting: Posting, progress: Progress) -> int:
    """What a right answer would earn now."""
    if posting.practice:
        return 0
    question = posting.version.question
    return points_for(question.level, question.kind, progress.attempts + 1, progress.hints_used, progress.gave_up)


def next_hint_cost(posting: Posting, progress: Progress) -> int:
    """What the next hint takes from what a right answer would earn now; nothing once nothing is left."""
    return min(hint_cost(posting.version.question.level), next_points(posting, progress))
