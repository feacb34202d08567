"""Answers, from stored to judged."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, select, update

from bot.core.records import Learner, Posting, Submission, SubmissionState
from bot.core.verdicts import Verdict
from bot.store.connection import Connected
from bot.store.engine import insert_new
from bot.store.postings import whole_posting
from bot.store.rows import posting_in, submission_in
from bot.store.tables import community, posting, question_version, schedule, submission


class SqlSubmissions:
    """See :class:`bot.repositories.Submissions`."""

    def __init__(self, connection: Connected) -> None:
        self._connection = connection

    async def add(self, posting: Posting, learner: Learner, event_id: str, text: str, at: datetime) -> Submission:
        """Store an answer; the same event id again returns the submission already stored."""
        platform = await self._connection.scalar(
            select(community.c.platform).where(community.c.id == posting.community_id)
        )
        same_event = and_(submission.c.platform == platform, submission.c.event_id == event_id)
        stored = await self._first(select(submission).where(same_event))
        while stored is None:
            # Nothing is inserted when another process took this event, or this attempt's number: then look again.
            await insert_new(
                self._connection,
                submission,
                posting_id=posting.id,
                learner_id=learner.id,
                platform=platform,
                event_id=event_id,
                text=text,
                received_at=at,
                attempt=1 + await self._attempts(posting, learner),
                state=SubmissionState.STORED,
            )
            stored = await self._first(select(submission).where(same_event))
        return stored

    async def _attempts(self, posting: Posting, learner: Learner) -> int:
        query = select(func.max(submission.c.attempt)).where(_between(posting, learner), _counts())
        return await self._connection.scalar(query) or 0

    async def get(self, submission_id: int) -> Submission | None:
        """The submission with this id."""
        return await self._first(select(submission).where(submission.c.id == submission_id))

    async def judged(self, submission: Submission, verdict: Verdict) -> tuple[Submission, bool]:
        """Record the verdict unless there is one: the submission as stored, and whether this verdict was recorded."""
        return await self._judge(submission.id, verdict)

    async def _judge(self, submission_id: int, verdict: Verdict) -> tuple[Submission, bool]:
        waiting = update(submission).where(
            submission.c.id == submission_id, submission.c.state == SubmissionState.STORED
        )
        written = await self._connection.execute(waiting.values(state=SubmissionState.JUDGED, verdict=verdict))
        row = await self._connection.execute(select(submission).where(submission.c.id == submission_id))
        return submission_in(row.mappings().one()), written.rowcount == 1

    async def void(self, submission: Submission) -> None:
        """It can no longer be judged: it is kept, and is no attempt. One that has a verdict keeps it, and counts."""
        await self._void(submission.id)

    async def _void(self, submission_id: int) -> None:
        waiting = update(submission).where(
            submission.c.id == submission_id, submission.c.state == SubmissionState.STORED
        )
        # No two may be the same attempt, and its number is free for the next answer.
        await self._connection.execute(waiting.values(state=SubmissionState.VOID, attempt=-submission_id))

    async def unjudged(self) -> tuple[Submission, ...]:
        """Submissions still waiting, oldest first."""
        query = (
            select(submission)
            .where(submission.c.state == SubmissionState.STORED)
            .order_by(submission.c.received_at, submission.c.id)
        )
        return tuple(submission_in(row) for row in (await self._connection.execute(query)).mappings())

    async def latest(self, posting: Posting, learner: Learner) -> Submission | None:
        """The learner's most recent answer to a posting that is not void."""
        theirs = select(submission).where(_between(posting, learner), _counts())
        return await self._first(theirs.order_by(submission.c.attempt.desc()).limit(1))

    async def recent(self, learner: Learner, count: int) -> tuple[tuple[Submission, Posting], ...]:
        """The learner's last judged answers with their postings, newest first."""
        query = (
            whole_posting()
            .join(submission, submission.c.posting_id == posting.c.id)
            .add_columns(*submission.c)
            .where(submission.c.learner_id == learner.id, submission.c.state == SubmissionState.JUDGED)
            .order_by(submission.c.received_at.desc(), submission.c.id.desc())
            .limit(count)
        )
        rows = (await self._connection.execute(query)).mappings()
        return tuple((submission_in(row), posting_in(row)) for row in rows)

    async def practised(self, learner: Learner) -> tuple[str, ...]:
        """Ids of the questions the learner has answered in practice, the latest last."""
        query = (
            select(question_version.c.question_id)
            .select_from(submission)
            .join(posting)
            .join(schedule)
            .join(question_version)
            .where(submission.c.learner_id == learner.id, schedule.c.practice)
            .group_by(question_version.c.question_id)
            .order_by(func.max(submission.c.id))
        )
        return tuple(await self._connection.scalars(query))

    async def _first(self, query: Select[Any]) -> Submission | None:
        row = (await self._connection.execute(query)).mappings().one_or_none()
        return None if row is None else submission_in(row)


def _between(posting: Posting, learner: Learner) -> ColumnElement[bool]:
    return and_(submission.c.posting_id == posting.id, submission.c.learner_id == learner.id)


def _counts() -> ColumnElement[bool]:
    return submission.c.state != SubmissionState.VOID
