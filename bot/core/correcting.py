"""What judging a posting's answers again would change. Nobody's streak depends on it: that is by answering."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from bot.core.questions import Question
from bot.core.records import Case, Correction
from bot.core.scoring import Attempt, earned
from bot.core.verdicts import Verdict

_MEANT = re.compile(r"(?:(?:no\.?\s*)?([0-9]{1,15}))?\s*(yes)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Meant:
    """Which posting an admin means, ``None`` for the latest, and whether they said yes to it."""

    posting: int | None
    agreed: bool


def meant(said: str) -> Meant | None:
    """What ``7``, ``yes``, ``7 yes`` or nothing at all mean; ``None`` for anything else."""
    found = _MEANT.fullmatch(said.strip().strip("`.!'\""))
    if found is None:
        return None
    return Meant(int(found[1]) if found[1] else None, found[2] is not None)


@dataclass(frozen=True, slots=True)
class Regrading:
    """What new verdicts come to: what the ledger lacks, and which answers were judged differently before.

    ``waiting`` answers have no verdict yet, and get their first one by the new version.
    """

    corrections: tuple[Correction, ...]
    changed: tuple[Case, ...]
    waiting: int = 0

    @property
    def gaining(self) -> int:
        """How many learners gain: points, or the question counted as solved."""
        return sum((each.points, each.solved) > (0, 0) for each in self.corrections)

    @property
    def losing(self) -> int:
        """How many lose."""
        return len(self.corrections) - self.gaining


def regrade(
    question: Question,
    cases: Sequence[Case],
    verdicts: Mapping[int, Verdict],
    sums: Mapping[int, tuple[int, int]],
    help_used: Mapping[int, Sequence[tuple[int, datetime]]],
) -> Regrading:
    """Compare ``verdicts``, by submission, with what was earned before.

    ``question`` is what was judged by, ``cases`` all judged answers by learner; one that has no new verdict keeps its
    own. ``sums`` are the points and whether it counts as solved, by learner, ``help_used`` as in
    :func:`bot.core.scoring.earned`.
    """
    corrections = []
    for learner_id, theirs in groupby(cases, key=lambda case: case.learner.id):
        attempts = [_attempt(case, verdicts) for case in theirs if _in_time(case)]
        points = earned(question.level, question.kind, attempts, help_used.get(learner_id, ()))
        had, was_solved = sums.get(learner_id, (0, 0))
        correction = Correction(learner_id, max(0, points) - had, int(points >= 0) - was_solved)
        if correction.points or correction.solved:
            corrections.append(correction)
    changed = (case for case in cases if _differs(case, verdicts))
    return Regrading(tuple(corrections), tuple(changed))


def _in_time(case: Case) -> bool:
    closed_at = case.posting.closed_at
    return closed_at is None or case.submission.received_at < closed_at


def _attempt(case: Case, verdicts: Mapping[int, Verdict]) -> Attempt:
    submission = case.submission
    verdict = verdicts.get(submission.id, submission.verdict)
    return Attempt(submission.attempt, verdict is not None and verdict.accepted, submission.received_at)


def _differs(case: Case, verdicts: Mapping[int, Verdict]) -> bool:
    new, old = verdicts.get(case.submission.id), case.submission.verdict
    return new is not None and old is not None and (new.outcome, new.message) != (old.outcome, old.message)
