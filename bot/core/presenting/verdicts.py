"""The verdict on an answer, and the card that stands for it while it is being judged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bot.core.cards import Action, Block, Card, Code, Facts, Markdown, Note, Plain, Tone
from bot.core.presenting.pieces import capped, failure_caption, failure_text, outcome_text, values
from bot.core.presenting.postings import BOARD, PRACTICE, REPORT, SOLUTION, TODAY, UNSCORED, next_points
from bot.core.presenting.tasks import letter_of
from bot.core.presenting.troubles import RETRY
from bot.core.questions import Question
from bot.core.records import Posting, PostingState, Progress, Submission
from bot.core.scoring import (
    ATTEMPT_SHARES,
    BASE_POINTS,
    FIRST_TRY_BONUS,
    Streak,
    attempts_left,
    hint_cost,
    points_for,
    scored_attempts,
)
from bot.core.verdicts import FailingTrial, Verdict
from bot.core.words import counted

_DOING = {"code": "Running your code", "value": "Comparing your value", "choice": "Looking up your choice"}
_NUMBERED = ("first", "second", "third")


@dataclass(frozen=True, slots=True)
class Turn:
    """When an answer is judged: after how many others, and whether anybody is there to do it."""

    position: int = 0
    has_judge: bool = True


AT_ONCE = Turn()


@dataclass(frozen=True, slots=True)
class Aftermath:
    """What a verdict left behind.

    ``awarded``: it solved the question for the first time. ``repeated``: the same message came again, and this is
    the verdict it got the first time. ``rejudged``: an admin had it judged again, and this is the verdict it got then;
    their answers to the question ``gained`` so many points by it, or lost them.
    ``progress`` and ``streak`` are as they are now.
    """

    awarded: bool
    progress: Progress
    streak: Streak
    repeated: bool = False
    rejudged: bool = False
    gained: int = 0


def running_card(question: Question, submission: Submission, turn: Turn = AT_ONCE) -> Card:
    """Shown once the answer is stored, until the verdict takes its place."""
    stored = f"Answer no. {submission.id} is stored."
    waits = Note(f"{stored} Its verdict comes here by itself; you need not send it again.")
    if not turn.has_judge:
        return Card(f"No judge is at work now: {question.title}", (waits,))
    if turn.position:
        return Card(f"Busy, position {turn.position:,} in the queue: {question.title}", (waits,))
    return Card(f"{_DOING[question.kind]}: {question.title}", (Note(stored),))


def verdict_card(own: Posting, submission: Submission, verdict: Verdict, after: Aftermath) -> Card:
    """The verdict with its evidence, what it earned, and what can be done next; ``own`` is as the learner sees it."""
    question = own.version.question
    blocks = (
        *_chosen(question, submission),
        *judgement_blocks(verdict),
        Facts(tuple(_facts(own, submission, verdict, after))),
        *_closing(own, submission, verdict, after),
    )
    title = f"{outcome_text(verdict).capitalize()}: {question.title}"
    if verdict.accepted:
        return Card(title, blocks, Tone.GOOD, (SOLUTION, PRACTICE, TODAY if own.practice else BOARD, REPORT), own.id)
    if question.kind == "choice" and not own.practice:
        return Card(title, blocks, Tone.BAD, (SOLUTION, PRACTICE, REPORT), own.id)
    hint = (Action("Hint", "hint"),) if question.hints else ()
    return Card(title, blocks, Tone.BAD, (RETRY, *hint, SOLUTION, REPORT), own.id)


def _chosen(question: Question, submission: Submission) -> Iterator[Block]:
    if letter := letter_of(question, submission.text):
        yield Markdown(f"You chose **{letter}** · {submission.text}")


def judgement_blocks(verdict: Verdict) -> Iterator[Block]:
    """What the verdict says and what it rests on, apart from whose answer it was and what it earned."""
    if verdict.message:
        # Any message but the author's may quote names and texts from the answer.
        yield Markdown(verdict.message) if verdict.by_author else Plain(verdict.message)
    yield from _evidence(verdict)


def _evidence(verdict: Verdict) -> Iterator[Block]:
    if verdict.failure is not None and verdict.failure.stage != "entry":  # then the sentence says it all
        yield Code(failure_text(verdict.failure), "text", failure_caption(verdict.failure))
    if verdict.failing is not None:
        yield from failing_blocks(verdict.failing, verdict.message)
    if verdict.output.strip():
        yield Code(capped(verdict.output), "text", "It printed:")


def failing_blocks(failing: FailingTrial, told: str) -> Iterator[Block]:
    """One failing trial: each mismatch in words, then its inputs and what came of them; ``told`` was said already."""
    for mismatch in failing.mismatches:
        if mismatch.message and mismatch.message not in told:
            yield Plain(mismatch.message)
    pairs = [*failing.inputs]
    for mismatch in failing.mismatches:
        pairs += [
            (f"expected {mismatch.observation}", mismatch.expected),
            (f"your {mismatch.observation}", mismatch.got or "missing"),
        ]
    yield from values(pairs)


def _facts(posting: Posting, submission: Submission, verdict: Verdict, after: Aftermath) -> Iterator[tuple[str, str]]:
    question = posting.version.question
    # That all of them passed is what an accepted answer's message says.
    if question.kind == "code" and not verdict.accepted and (verdict.passed or verdict.failing):
        yield "trials", f"{verdict.passed} of {verdict.total} passed"
    if posting.practice:
        yield "attempt", f"no. {submission.attempt}"
        yield "counts as", UNSCORED
    elif verdict.accepted:
        yield "points", _points(question, submission, after, is_void=posting.state is PostingState.VOID)
        yield "streak", streak_text(after.streak)
    else:
        yield "attempt", _attempt(question, submission)
    if verdict.ms:
        yield "took", f"{verdict.ms:.0f} ms"


def _attempt(question: Question, submission: Submission) -> str:
    scored = scored_attempts(question.kind)
    if scored is None:
        return f"no. {submission.attempt}"
    if submission.attempt > scored:
        return f"no. {submission.attempt}; only {_first(scored)} points"
    return "the one that counts" if scored == 1 else f"{submission.attempt} of the {scored} that earn points"


def _first(scored: int) -> str:
    return "the first attempt earns" if scored == 1 else f"the first {scored} attempts earn"


def _points(question: Question, submission: Submission, after: Aftermath, *, is_void: bool) -> str:
    progress = after.progress
    if is_void:
        return "none, because this question was taken back"
    if after.repeated or after.rejudged:
        return f"{counted(progress.points, 'point')} for this question"
    if progress.gave_up:
        return "none, because you saw the solution first"
    if not after.awarded:
        return f"you had solved it already and keep your {counted(progress.points, 'point')}"
    earned = points_for(question.level, question.kind, submission.attempt, progress.hints_used, progress.gave_up)
    scored = scored_attempts(question.kind)
    if scored is not None and submission.attempt > scored:
        return f"none: only {_first(scored)} points"
    return f"+{earned} ({'; '.join(_reckoning(question, submission, progress.hints_used))})"


def _reckoning(question: Question, submission: Submission, hints_used: int) -> Iterator[str]:
    base = BASE_POINTS[question.level]
    shares = ATTEMPT_SHARES.get(question.kind, ())
    if len(shares) > 1:
        yield f"{shares[submission.attempt - 1]:.0%} of {base} on the {_NUMBERED[submission.attempt - 1]} attempt"
    elif shares:
        yield f"{base} for the right choice"
    else:
        yield f"{base} for the solution"
        if submission.attempt == 1:
            yield f"{round(base * FIRST_TRY_BONUS)} for the first try"
    if hints_used:
        yield f"{-hint_cost(question.level) * hints_used} for {counted(hints_used, 'hint')}"


def streak_text(streak: Streak) -> str:
    """A streak in words."""
    freezes = f", {counted(streak.freezes, 'freeze')} in hand" if streak.freezes else ""
    return f"{streak.current} in a row (best {streak.best}{freezes})"


def _closing(posting: Posting, submission: Submission, verdict: Verdict, after: Aftermath) -> Iterator[Block]:
    if after.repeated:
        yield Note("This answer had arrived before; it was judged once, and counts once.")
    if after.rejudged:
        yield Note(
            "An admin had this question's answers judged again. This is the verdict now on what you sent as attempt "
            f"no. {submission.attempt}; {_change(after)}your streak stays."
        )
    if verdict.accepted:
        yield Note("The solution with its explanation is open to you now.")
    elif not after.progress.solved:
        yield Note(_what_is_left(posting, after.progress))


def _change(after: Aftermath) -> str:
    solved = "the question counts as solved, " if after.progress.solved else "the question does not count as solved, "
    if not after.gained:
        return solved
    return f"{solved}you {'gain' if after.gained > 0 else 'lose'} {counted(abs(after.gained), 'point')}, "


def _what_is_left(posting: Posting, progress: Progress) -> str:
    if posting.practice:
        return "Try as often as you like."
    question = posting.version.question
    left = attempts_left(question.kind, progress.attempts)
    worth = next_points(posting, progress)
    if progress.gave_up:
        return "You gave up the points of this question; you can still try for the practice."
    if left == 0 and question.kind == "choice":
        return "One attempt counts, and this was it. The solution is open to you now; it costs nothing."
    if left == 0:
        return "No attempt that earns points is left; you can still find the answer, or ask for the solution."
    if left is not None:
        return f"The next attempt can still earn {counted(worth, 'point')}."
    return f"Try as often as you like; a right answer earns {counted(worth, 'point')}."
