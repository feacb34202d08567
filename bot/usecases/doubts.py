"""Questions of which an answer was taken up and got no verdict: the others are not all tried, again and again."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

TRIED_EVERY = timedelta(minutes=1)
"""How often an answer to a version in doubt is tried: it may be mended, or have failed for once."""


@dataclass(frozen=True, slots=True)
class Trying:
    """The answer to a version in doubt that was tried last, and when the next may be."""

    submission_id: int
    due_at: datetime


class Doubts:
    """By their ids, versions of questions that seem not to be judgeable, and answers known for that."""

    def __init__(self) -> None:
        self._queued: dict[int, set[int]] = {}
        self._told: set[int] = set()
        self._trying: dict[int, Trying] = {}

    @property
    def trying(self) -> Mapping[int, Trying]:
        """What is in doubt."""
        return dict(self._trying)

    def doubt(self, version_id: int, submission_id: int, at: datetime) -> None:
        """This answer was tried, and is the only one to its version for a while."""
        self._trying[version_id] = Trying(submission_id, at + TRIED_EVERY)
        self._queued.pop(version_id, None)

    def lift(self, version_id: int) -> None:
        """The answer that was tried has its verdict, or is gone: others may be tried."""
        self._trying.pop(version_id, None)

    def came_back(self, version_id: int, submission_ids: Collection[int]) -> int | None:
        """Of answers that are about to get jobs, one that had one before, which came to nothing."""
        queued = self._queued.setdefault(version_id, set())
        known = queued.intersection(submission_ids)
        queued.update(submission_ids)
        return min(known, default=None)

    def tell(self, submission_id: int) -> bool:
        """Its learner is about to be told that its question cannot be judged; whether that is news."""
        is_news = submission_id not in self._told
        self._told.add(submission_id)
        return is_news

    def told_otherwise(self, submission_id: int) -> None:
        """Its learner was told something else."""
        self._told.discard(submission_id)
