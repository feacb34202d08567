"""The question of the day: its card, the form that asks for an answer, and where the caller stands."""

from __future__ import annotations

from bot.core.cards import Action, Block, Card, Code, Facts, Form, Markdown, Note, Tone
from bot.core.questions import CodeTask, Question
from bot.core.records import Posting, Progress, Submission, SubmissionState
from bot.core.scoring import VALUE_ATTEMPT_SHARE, hint_cost, points_for
from bot.core.words import counted

BOARD = Action("Leaderboard", "leaderboard")
TODAY = Action("Today's question", "today")
PRACTICE = Action("Practice", "practice")
UNSCORED = "practice: no points, no streak"


def posting_card(posting: Posting, answered: int, solved: int) -> Card:
    """What everyone sees of the question of the day: the task, what it is worth and how to answer.

    Topics stay out, they would tell too much.
    """
    question = posting.version.question
    facts = Facts(
        (
            ("date", f"{posting.local_date:%A, %d %B %Y}"),
            ("level", question.level.value),
            ("worth", stake(question)),
            ("so far", f"{answered} answered, {solved} solved"),
        )
    )
    blocks = (facts, *task_blocks(question), Note(how_to_answer(posting)))
    return Card(question.title, blocks, actions=(*posting_actions(question), BOARD))


def practice_card(posting: Posting) -> Card:
    """A question to practise on: the same task and verbs, and nothing at stake."""
    question = posting.version.question
    facts = Facts((("level", question.level.value), ("counts as", UNSCORED)))
    blocks = (facts, *task_blocks(question), Note(how_to_answer(posting)))
    return Card(question.title, blocks, actions=(*posting_actions(question), TODAY))


def posting_actions(question: Question) -> tuple[Action, ...]:
    """The verbs that make sense on a question of this kind."""
    trying = (Action("Try", "try"),) if question.kind == "code" else ()
    hint = (Action("Hint", "hint"),) if question.hints else ()
    return (Action("Answer", "answer"), *trying, *hint)


def task_blocks(question: Question) -> tuple[Block, ...]:
    """The prompt with the code that belongs to it."""
    task = question.task
    if isinstance(task, CodeTask):
        return (Markdown(question.prompt), Code(task.starter, caption=f"write {task.entry}, starting from this"))
    return (Markdown(question.prompt), Code(task.snippet, caption=f"what is {task.expression} after this?"))


def stake(question: Question) -> str:
    """What a right answer is worth on each attempt."""
    level, kind = question.level, question.kind
    attempts = len(VALUE_ATTEMPT_SHARE) if kind == "value" else 2
    first, *later = (points_for(level, kind, attempt, 0, False) for attempt in range(1, attempts + 1))
    if kind == "value":
        return f"{counted(first, 'point')} on the first attempt, then {', then '.join(map(str, later))}"
    return f"{counted(later[0], 'point')}, {first} if the first attempt is right"


def how_to_answer(posting: Posting) -> str:
    """How to answer a question of this kind, in a line."""
    task = posting.version.question.task
    if isinstance(task, CodeTask):
        return f"Answer with code that defines {task.entry}. Try runs it on an example first and costs nothing."
    scored = "" if posting.practice else f" {len(VALUE_ATTEMPT_SHARE)} attempts earn points."
    return f"Answer with a value: numbers such as [1, 2] or 0.5, None, True, or a name.{scored}"


def answer_form(posting: Posting, last: Submission | None, verb: str) -> Form:
    """Asks for an answer (or, with ``verb`` "try", for code to run), opening with the last attempt or the starter."""
    question = posting.version.question
    is_code = isinstance(question.task, CodeTask)
    starter = question.task.starter if isinstance(question.task, CodeTask) else ""
    return Form(
        question.title,
        (*task_blocks(question), Note(how_to_answer(posting))),
        verb,
        last.text if last else starter,
        multiline=is_code,
    )


def standing_card(posting: Posting, progress: Progress, last: Submission | None) -> Card | None:
    """Where the caller stands on this posting; ``None`` while there is nothing to say."""
    if not (progress.attempts or progress.hints_used or progress.gave_up):
        return None
    question = posting.version.question
    pairs = [("attempts", _attempts(posting, progress))]
    if last is not None:
        pairs.append(("last verdict", _last_verdict(last)))
    if progress.hints_used:
        pairs.append(("hints", f"{progress.hints_used} of {len(question.hints)}"))
    if not posting.practice:
        pairs.append(_earnings(posting, progress))
    if progress.solved:
        pairs.append(("topics", ", ".join(question.topics)))
        return Card("You solved it", (Facts(tuple(pairs)),), Tone.GOOD, (Action("Solution", "solution"), BOARD))
    return Card("Where you stand", (Facts(tuple(pairs)),), actions=(Action("Answer", "answer"),))


def _earnings(posting: Posting, progress: Progress) -> tuple[str, str]:
    if progress.solved:
        return "points", str(progress.points)
    worth = "nothing, you gave up" if progress.gave_up else counted(next_points(posting, progress), "point")
    return "a right answer earns", worth


def _attempts(posting: Posting, progress: Progress) -> str:
    if posting.version.question.kind == "value" and not posting.practice:
        return f"{progress.attempts} ({len(VALUE_ATTEMPT_SHARE)} earn points)"
    return str(progress.attempts)


def _last_verdict(last: Submission) -> str:
    if last.state is SubmissionState.STORED or last.verdict is None:
        return f"answer no. {last.id} is stored and waits for its verdict"
    return last.verdict.outcome.value


def next_points(posting: Posting, progress: Progress) -> int:
    """What a right answer would earn now."""
    if posting.practice:
        return 0
    question = posting.version.question
    return points_for(question.level, question.kind, progress.attempts + 1, progress.hints_used, progress.gave_up)


def next_hint_cost(posting: Posting, progress: Progress) -> int:
    """What the next hint takes from what a right answer would earn now; nothing once nothing is left."""
    return min(hint_cost(posting.version.question.level), next_points(posting, progress))
