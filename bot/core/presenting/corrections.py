"""Taking a posting back, and judging its answers again: what it would do first, then what it did."""

from __future__ import annotations

from dataclasses import dataclass

from bot.core.cards import Action, Card, Facts, Note, Plain, Tone
from bot.core.commands import typed
from bot.core.correcting import Regrading
from bot.core.presenting.postings import BOARD, PRACTICE
from bot.core.records import Posting, QuestionVersion
from bot.core.words import counted

_STREAKS = "No streak breaks: it goes on from the day before, and a question that is taken back is not counted in it."


def _named(posting: Posting) -> str:
    return f"“{posting.version.question.title}” of {posting.local_date.isoformat()} (posting no. {posting.id})"


def not_meant_card(verb: str, said: str) -> Card:
    """Words after the verb that name no posting."""
    advice = (
        f"Say the number of a posting, yes, or both: {typed(verb, '7 yes')}. Without a number it is the latest here. "
        f"The id of a question is none, as it may have been posted often. Reports name the number; "
        f"{typed('void')} alone tells that of the latest, and changes nothing."
    )
    return Card("I do not understand which posting", (Plain(f"You wrote: {said[:60]}"), Plain(advice)), Tone.WARNING)


def no_posting_card(number: int | None) -> Card:
    """There is no such posting in this community."""
    said = "Nothing has been posted here yet." if number is None else f"There is no posting no. {number} here."
    return Card("I do not know that posting", (Plain(said), Note("Nothing was changed.")), Tone.WARNING)


def void_warning_card(posting: Posting, learners: int, points: int) -> Card:
    """What taking a posting back does, before it is done."""
    what = f"{_named(posting)} closes at once and does not count."
    back = (
        f"{counted(points, 'point')} of {counted(learners, 'learner')} go back." if learners else "No points go back."
    )
    action = Action("Take it back", "void", f"{posting.id} yes")
    note = Note(f"Nothing was changed yet. It cannot be undone. {typed('void', f'{posting.id} yes')} does it, too.")
    return Card("Take this question back?", (Plain(f"{what} {back} {_STREAKS}"), note), Tone.WARNING, (action,))


def voided_card(posting: Posting, learners: int) -> Card:
    """It was taken back just now."""
    back = f"{counted(learners, 'learner')} had their points corrected." if learners else "Nobody had points on it."
    return Card("Taken back", (Plain(f"{_named(posting)} does not count any more. {back} {_STREAKS}"),))


def already_void_card(posting: Posting) -> Card:
    """It was taken back before."""
    return Card("Taken back already", (Plain(f"{_named(posting)} was taken back before; nothing was changed."),))


def void_posting_card(posting: Posting) -> Card:
    """What everybody sees in place of a question that was taken back."""
    said = "An admin took this question back. It does not count: points are corrected, and no streak is lost over it."
    return Card(f"Taken back: {posting.version.question.title}", (Plain(said),), Tone.WARNING, (PRACTICE, BOARD))


# --- judging again ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Run:
    """How far judging again has come: ``done`` of ``total`` answers, by the version ``to``.

    ``kept`` cannot be read by that version, or have no text any more, and keep their verdicts. ``fault`` says why it
    could not go on.
    """

    to: QuestionVersion
    done: int
    total: int
    kept: int = 0
    fault: str = ""

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come of it."""
        return bool(self.fault) or self.done >= self.total


def _versions(posting: Posting, to: QuestionVersion) -> tuple[tuple[str, str], ...]:
    same = " (the same)" if posting.version.id == to.id else ""
    return (("judged by", _version(posting.version)), ("now by", _version(to) + same))


def _version(version: QuestionVersion) -> str:
    return f"version {version.id}, {version.digest[:12]}"


def rejudging_card(posting: Posting, run: Run) -> Card:
    """Answers are being judged again; nothing is changed yet."""
    again = typed("rejudge", str(posting.id))
    note = Note(f"Nothing is changed before you confirm. What it comes to appears here; {again} looks how far it is.")
    facts = Facts((*_versions(posting, run.to), ("judged again", f"{run.done} of {run.total}")))
    return Card(f"Judging again: {posting.version.question.title}", (facts, note))


def unjudged_card(posting: Posting, run: Run) -> Card:
    """Judging again could not go on."""
    note = Note(f"Nothing was changed. Try again in a while: {typed('rejudge', str(posting.id))}")
    return Card("The answers could not be judged again", (Plain(run.fault), note), Tone.WARNING)


def interrupted_card(posting: Posting) -> Card:
    """The process that judged again is gone, or what it found is not as things are."""
    again = Action("Look again", "rejudge", str(posting.id))
    said = "What judging again would change is not known, or has changed since. Nothing was changed; look again."
    return Card("Look again first", (Plain(said),), Tone.WARNING, (again,))


def dry_run_card(posting: Posting, run: Run, regrading: Regrading) -> Card:
    """What judging again would change, and the button that does it."""
    action = Action("Do it", "rejudge", f"{posting.id} yes")
    note = Note(f"Nothing was changed yet. {_STREAKS} {typed('rejudge', f'{posting.id} yes')} does it, too.")
    title = f"{regrading.gaining} would gain, {regrading.losing} would lose"
    return Card(title, (Plain(_named(posting)), _found(posting, run, regrading), note), actions=(action,))


def rejudged_card(posting: Posting, run: Run, regrading: Regrading) -> Card:
    """What judging again has changed; ``posting`` is as it was before."""
    title = f"Judged again: {regrading.gaining} gained, {regrading.losing} lost"
    note = Note(f"Whoever gained or lost is told. {_STREAKS}")
    return Card(title, (Plain(_named(posting)), _found(posting, run, regrading), note))


def _found(posting: Posting, run: Run, regrading: Regrading) -> Facts:
    points = sum(each.points for each in regrading.corrections)
    kept = (("cannot be judged again", f"{counted(run.kept, 'answer')}; their verdicts stay"),) if run.kept else ()
    wait = "answer waits for a verdict and gets" if regrading.waiting == 1 else "answers wait for a verdict and get"
    waiting = (("waiting", f"{regrading.waiting} {wait} one by the new version"),) if regrading.waiting else ()
    return Facts(
        (
            *_versions(posting, run.to),
            ("answers", str(run.total)),
            *waiting,
            ("other verdicts", str(len(regrading.changed))),
            *kept,
            ("points in all", f"{points:+d}"),
        )
    )
