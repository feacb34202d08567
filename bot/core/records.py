"""What the service remembers, as frozen values; rows of the database never leave the store. Times are aware UTC."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import date, datetime

from bot.core.questions import Question
from bot.core.verdicts import Verdict


@dataclass(frozen=True, slots=True)
class Community:
    """A Discord server, a Slack workspace, or this terminal; ``platform`` and ``external_id`` identify it."""

    id: int
    platform: str
    external_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Learner:
    """A person in one community."""

    id: int
    community_id: int
    external_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Schedule:
    """Where and by which clock a community's questions appear; ``zone`` is an IANA name."""

    id: int
    community_id: int
    channel: str
    zone: str


@dataclass(frozen=True, slots=True)
class QuestionVersion:
    """One content of a question; ``digest`` is the SHA-256 of its file. Postings and submissions keep theirs."""

    id: int
    digest: str
    question: Question


class PostingState(enum.StrEnum):
    """Life of a posting."""

    POSTED = "posted"
    CLOSED = "closed"
    VOID = "void"


@dataclass(frozen=True, slots=True)
class Posting:
    """A question posted for a local date; at most one per (schedule, local date). ``practice`` never scores."""

    id: int
    schedule_id: int
    community_id: int
    local_date: date
    version: QuestionVersion
    state: PostingState
    opened_at: datetime
    practice: bool


class SubmissionState(enum.StrEnum):
    """Life of a submission: stored before it is acknowledged, judged once; void where it can no longer be read."""

    STORED = "stored"
    JUDGED = "judged"
    VOID = "void"


@dataclass(frozen=True, slots=True)
class Submission:
    """One answer of one learner; unique per (platform, event id). ``attempt`` counts from 1 per posting.

    That of a void one is no attempt: it is negative.
    """

    id: int
    posting_id: int
    learner_id: int
    event_id: str
    text: str
    received_at: datetime
    attempt: int
    state: SubmissionState
    verdict: Verdict | None = None


class Window(enum.StrEnum):
    """Spans a leaderboard can cover; ``SEASON`` is the default one."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    SEASON = "season"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Placed:
    """One line of a leaderboard; learners with equal points share a rank (1, 1, 3)."""

    rank: int
    learner: Learner
    points: int
    solved: int


@dataclass(frozen=True, slots=True)
class Progress:
    """What a learner has done on one posting."""

    attempts: int = 0
    solved: bool = False
    hints_used: int = 0
    gave_up: bool = False
    points: int = 0

    @property
    def is_open(self) -> bool:
        """Whether solution and hints are free to see."""
        return self.solved or self.gave_up


@dataclass(frozen=True, slots=True)
class AnsweredPosting:
    """A posting of a schedule in date order, and whether one learner answered it before it closed."""

    local_date: date
    answered: bool
    void: bool = False
