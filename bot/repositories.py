"""The database as the use cases see it: a Protocol per aggregate, and one transaction over all of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import date, datetime
from typing import Protocol

from bot.admins import Administration, Uploads
from bot.core.questions import Bank, Question, Trial
from bot.core.records import (
    AnsweredPosting,
    Case,
    Community,
    Learner,
    Posting,
    QuestionVersion,
    Schedule,
    Submission,
)
from bot.core.verdicts import Verdict
from bot.learning import Learning
from bot.ledger import Competition, Health, Reports
from bot.messaging import Messages, Outbox
from bot.queueing import Jobs
from bot.tenancy import Privacy, Tenancy
from bot.timetable import Schedules, Uptime


class Communities(Protocol):
    """Who takes part, and where."""

    async def community(self, platform: str, external_id: str, name: str) -> Community:
        """The community so named, created at first sight; its name is kept up to date."""

    async def learner(self, community: Community, external_id: str, name: str) -> Learner:
        """The learner so named, created at first sight; the name is kept up to date."""

    async def schedule(self, community: Community, channel: str, zone: str, *, practice: bool = False) -> Schedule:
        """The schedule of that channel, created at first sight; what is posted on a ``practice`` one never scores."""

    async def schedule_near(self, community: Community, channel: str) -> Schedule | None:
        """The schedule of that channel if it ever posted, else the community's that posted last, else its oldest.

        None of practice.
        """

    async def set_keeper(self, community: Community, learner_id: int | None) -> None:
        """Have that learner told what admins of the community must know, or nobody."""

    async def keeper_of(self, community: Community) -> int | None:
        """The learner who is told that, and does not go before this transaction ends; ``None`` where none is."""

    async def community_of(self, community_id: int) -> Community:
        """The community with this id."""

    async def learner_with(self, learner_id: int) -> Learner:
        """The learner with this id."""


class Questions(Protocol):
    """Versions of questions and their trial banks."""

    async def add_version(
        self, question: Question, digest: str, reader: int, owner: Community | None = None
    ) -> QuestionVersion | None:
        """The version with this id and digest, added if new; it becomes the question's current one.

        ``reader`` is the number of the parser that read it. A question belongs to its ``owner``, the community that
        published it, or to everybody. ``None``, and nothing is written, where the id belongs to somebody else; but
        everybody's question takes the id of one that nobody is asked any more.
        """

    async def read_by(self, reader: int) -> Mapping[str, Question]:
        """By digest, the current version of everybody's questions not retired and read by ``reader``."""

    async def retire_missing(self, ids: Collection[str]) -> tuple[str, ...]:
        """Retire each of everybody's questions whose id is not in ``ids``; the ids newly retired."""

    async def current_of(self, question_id: str) -> QuestionVersion | None:
        """The current version of a question, retired or not."""

    async def current(self, community: Community | None = None) -> tuple[QuestionVersion, ...]:
        """The current version of every question not retired, by id: everybody's and those of ``community``.

        Those of all communities where none is named.
        """

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

    async def claim(
        self,
        schedule: Schedule,
        local_date: date,
        version: QuestionVersion,
        at: datetime,
        due: datetime | None = None,
    ) -> tuple[Posting, bool]:
        """Post ``version`` for that date and close earlier postings; if already claimed, the posting that is there.

        With whether it was posted by this. ``due`` is when the schedule meant it to be posted.
        """

    async def closed_by(self, posting: Posting) -> tuple[Posting, ...]:
        """The postings that closed when this one opened."""

    async def closed_at(self, posting_id: int) -> datetime | None:
        """When it closed; ``None`` while it is open."""

    async def closed_beside(self, posting: Posting) -> tuple[Posting, ...]:
        """Postings of its question elsewhere in the community that closed after it opened; none of practice."""

    async def is_open_elsewhere(self, posting: Posting) -> bool:
        """Whether its question is open on another schedule of the community that is not of practice."""

    async def excuse(self, posting: Posting) -> None:
        """It could not be answered for long, through our fault."""

    async def get(self, posting_id: int) -> Posting | None:
        """The posting with this id."""

    async def latest_open(self, schedule: Schedule) -> Posting | None:
        """The posting of the schedule that is open for answers, the latest if there are several."""

    async def latest(self, schedule: Schedule) -> Posting | None:
        """The posting of the schedule's last date, open or not."""

    async def asked(self, schedule: Schedule) -> tuple[str, ...]:
        """Ids of the questions this schedule has asked, oldest first."""

    async def move(self, posting: Posting, to: QuestionVersion) -> bool:
        """Have it be of another version, unless it is void, or of another than was read; whether it was changed."""

    async def answered(self, schedule: Schedule, learner: Learner) -> tuple[AnsweredPosting, ...]:
        """Every posting of the schedule in date order, with whether the learner answered it before it closed."""


class Submissions(Protocol):
    """Answers, from stored to judged."""

    async def add(
        self, posting: Posting, learner: Learner, event_id: str, text: str, at: datetime
    ) -> Submission | None:
        """Store an answer; the same event id again returns the submission already stored.

        ``None`` where the posting is not open any more.
        """

    async def case(self, submission_id: int) -> Case | None:
        """The submission with this id, and everything that belongs to it."""

    async def get(self, submission_id: int) -> Submission | None:
        """The submission with this id."""

    async def judged(
        self, submission: Submission, verdict: Verdict, version: QuestionVersion
    ) -> tuple[Submission | None, bool]:
        """Record the verdict unless there is one: the submission as stored, and whether this verdict was recorded.

        ``None`` where its learner has had it deleted. Nothing is recorded where its posting has moved since to another
        than the ``version`` by which it was judged.
        """

    async def of_posting(self, posting: Posting) -> tuple[Case, ...]:
        """Every judged answer to a posting, by learner and attempt."""

    async def rejudged(self, verdicts: Sequence[tuple[Submission, Verdict]]) -> None:
        """Put each of these verdicts into the place of the one there is, unless its text has been emptied."""

    async def void(self, submission: Submission, version: QuestionVersion) -> bool:
        """It can no longer be judged: it is kept, and is no attempt. Whether it is so by this.

        Not where it has a verdict, which it keeps, nor where its posting is not of ``version`` any more.
        """

    async def unjudged_since(self, submission: Submission, since: datetime) -> int:
        """How many other answers of its learner that were stored since then have no verdict yet."""

    async def waiting(self, posting: Posting) -> int:
        """How many answers to a posting have no verdict yet."""

    async def diagnoses(self, posting: Posting) -> tuple[tuple[str, int], ...]:
        """What was wrong with answers to a posting, by name, with how many learners got it wrong; most first."""

    async def unjudged(self) -> tuple[Submission, ...]:
        """Submissions still waiting, oldest first."""

    async def latest(self, posting: Posting, learner: Learner) -> Submission | None:
        """The learner's most recent answer to a posting that is not void."""

    async def recent(self, learner: Learner, count: int) -> tuple[tuple[Submission, Posting], ...]:
        """The learner's last judged answers with their postings, newest first."""


class UnitOfWork(Protocol):
    """The repositories of one transaction."""

    communities: Communities
    questions: Questions
    postings: Postings
    submissions: Submissions
    competition: Competition
    health: Health
    reports: Reports
    learning: Learning
    messages: Messages
    outbox: Outbox
    uploads: Uploads
    administration: Administration
    schedules: Schedules
    uptime: Uptime
    privacy: Privacy
    tenancy: Tenancy
    jobs: Jobs


class Store(Protocol):
    """The database."""

    def begin(self) -> AbstractAsyncContextManager[UnitOfWork]:
        """One transaction: committed when the block ends, rolled back when it raises.

        Raises :class:`bot.ports.StoreUnavailable` instead of the database's own errors, :class:`bot.ports.RuleBroken`
        where they are our fault.
        """

    def read(self) -> AbstractAsyncContextManager[UnitOfWork]:
        """What is committed, to be read and not changed; it waits for no other transaction.

        Raises :class:`bot.ports.StoreUnavailable` instead of the database's own errors.
        """

    def alone(self, name: str, waiting: Callable[[], None]) -> AbstractAsyncContextManager[asyncio.Event]:
        """While the block lasts, no other process of the deployment does what is called ``name``.

        Entering waits for that as long as it takes, also where the database is away; ``waiting`` is then called, once.
        The event is set, within seconds, when the database is lost and another process may have begun: what is being
        done must end. On SQLite the block begins at once, and nothing is lost: a file serves one bot.
        """

    async def time(self) -> datetime | None:
        """The time, in UTC, by the clock all processes of the deployment share; ``None``: it is this host's.

        Raises :class:`bot.ports.StoreUnavailable`.
        """
