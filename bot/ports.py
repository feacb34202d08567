"""The seams: what the use cases need from the world, as Protocols. A clock is a callable returning aware UTC."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import date, datetime
from typing import Protocol, TypeAlias

from bot.core.questions import Bank, Question, Trial
from bot.core.records import (
    AnsweredPosting,
    Community,
    Learner,
    Placed,
    Posting,
    Progress,
    QuestionVersion,
    Schedule,
    Submission,
    Window,
)
from bot.core.verdicts import Verdict
from sandbox.protocol import Report

Clock: TypeAlias = Callable[[], datetime]


class StoreUnavailable(Exception):
    """The database refused or is gone; nothing was written. The message says what to do."""


class JudgeUnavailable(Exception):
    """No cell could judge it now: our failure. The submission stays stored and is judged later."""


class Judge(Protocol):
    """Runs code in cells and compares values outside them."""

    async def judge(self, question: Question, code: str, scoring: Sequence[Trial], public: Sequence[Trial]) -> Verdict:
        """The verdict on ``code`` by the ``scoring`` trials; a failing case is shown from ``public`` where possible."""

    async def run_example(self, question: Question, code: str, example: Trial) -> Report:
        """What ``code`` does on one public trial; compares nothing."""

    async def draw_trials(
        self, question: Question, seeds: Sequence[int], *, with_mistakes: bool = False
    ) -> tuple[Trial, ...]:
        """Fresh trials from reference cells, one per seed. Raises :class:`bot.core.questions.Unsound`.

        ``with_mistakes`` also runs the wrong answers on them. The seed :data:`sandbox.protocol.EXAMPLE` stands for the
        author's example. A personal value question gives all its variants for one seed, any other value or choice
        question its one trial.
        """


class Communities(Protocol):
    """Who takes part, and where."""

    async def community(self, platform: str, external_id: str, name: str) -> Community:
        """The community so named, created at first sight; its name is kept up to date."""

    async def learner(self, community: Community, external_id: str, name: str) -> Learner:
        """The learner so named, created at first sight; the name is kept up to date."""

    async def schedule(self, community: Community, channel: str, zone: str, *, practice: bool = False) -> Schedule:
        """The schedule of that channel, created at first sight; what is posted on a ``practice`` one never scores."""


class Questions(Protocol):
    """Versions of questions and their trial banks."""

    async def add_version(self, question: Question, digest: str, reader: int) -> QuestionVersion:
        """The version with this id and digest, added if new; it becomes the question's current one.

        ``reader`` is the number of the parser that read it.
        """

    async def read_by(self, reader: int) -> Mapping[str, Question]:
        """By digest, the current version of every question that is not retired and was read by ``reader``."""

    async def retire_missing(self, ids: Collection[str]) -> tuple[str, ...]:
        """Retire every question whose id is not in ``ids``; the ids newly retired."""

    async def current(self) -> tuple[QuestionVersion, ...]:
        """The current version of every question that is not retired, by id."""

    async def add_trials(self, version: QuestionVersion, bank: Bank, trials: Sequence[Trial]) -> None:
        """Put trials into a bank."""

    async def count_trials(self, version: QuestionVersion, bank: Bank) -> int:
        """How many trials of a bank are not retired."""

    async def trials(self, version: QuestionVersion, bank: Bank, count: int) -> tuple[Trial, ...]:
        """Up to ``count`` trials that are not retired, picked at random (public ones: the first, in order)."""

    async def retire_trial(self, trial_id: int) -> None:
        """Never use this trial again: it was shown."""


class Postings(Protocol):
    """Which question was asked where and when."""

    async def open_for(self, schedule: Schedule, local_date: date) -> Posting | None:
        """The posting of that date, if there is one."""

    async def claim(self, schedule: Schedule, local_date: date, version: QuestionVersion, at: datetime) -> Posting:
        """Post ``version`` for that date and close earlier postings; if already claimed, the posting that is there."""

    async def get(self, posting_id: int) -> Posting | None:
        """The posting with this id."""

    async def asked(self, schedule: Schedule) -> tuple[str, ...]:
        """Ids of the questions this schedule has asked, oldest first."""

    async def answered(self, schedule: Schedule, learner: Learner) -> tuple[AnsweredPosting, ...]:
        """Every posting of the schedule in date order, with whether the learner answered it before it closed."""


class Submissions(Protocol):
    """Answers, from stored to judged."""

    async def add(self, posting: Posting, learner: Learner, event_id: str, text: str, at: datetime) -> Submission:
        """Store an answer; the same event id again returns the submission already stored."""

    async def judged(self, submission: Submission, verdict: Verdict) -> tuple[Submission, bool]:
        """Record the verdict unless there is one: the submission as stored, and whether this verdict was recorded."""

    async def void(self, submission: Submission) -> None:
        """It can no longer be judged: it is kept, and is no attempt. One that has a verdict keeps it, and counts."""

    async def unjudged(self) -> tuple[Submission, ...]:
        """Submissions still waiting, oldest first."""

    async def latest(self, posting: Posting, learner: Learner) -> Submission | None:
        """The learner's most recent answer to a posting that is not void."""

    async def recent(self, learner: Learner, count: int) -> tuple[tuple[Submission, Posting], ...]:
        """The learner's last judged answers with their postings, newest first."""

    async def practised(self, learner: Learner) -> tuple[str, ...]:
        """Ids of the questions the learner has answered in practice, the latest last."""

    async def learner_of(self, submission: Submission) -> Learner:
        """Who gave it."""


class Competition(Protocol):
    """Points and places; awards are a ledger, standings a rollup kept in the same transaction."""

    async def award(self, posting: Posting, learner: Learner, cause: str, points: int, at: datetime) -> bool:
        """Append to the ledger unless (learner, posting, cause) is there already; whether it was appended.

        The standings of every window of the posting's local date move with it, unless it is practice.
        """

    async def use_hint(self, posting: Posting, learner: Learner, index: int, at: datetime) -> None:
        """Record that a hint was shown (index from 0); ``index`` -1 stands for giving up. Idempotent."""

    async def progress(self, posting: Posting, learner: Learner) -> Progress:
        """What the learner has done on this posting; what is void is no attempt."""

    async def counts(self, posting: Posting) -> tuple[int, int]:
        """How many learners answered a posting, and how many solved it."""

    async def board(self, community: Community, window: Window, key: str, top: int) -> tuple[Placed, ...]:
        """The first ``top`` places of the window named ``key`` (see :func:`bot.core.scoring.window_keys`)."""

    async def place(self, learner: Learner, window: Window, key: str) -> Placed | None:
        """The learner's own place on the board of their community, however far down; ``None`` without points."""

    async def points(self, learner: Learner) -> int:
        """All points of a learner."""


class UnitOfWork(Protocol):
    """The repositories of one transaction."""

    communities: Communities
    questions: Questions
    postings: Postings
    submissions: Submissions
    competition: Competition


class Store(Protocol):
    """The database."""

    def begin(self) -> AbstractAsyncContextManager[UnitOfWork]:
        """One transaction: committed when the block ends, rolled back when it raises.

        Raises :class:`StoreUnavailable` instead of the database's own errors.
        """
