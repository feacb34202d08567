"""Answers, from stored to judged."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Executable,
    FromClause,
    RowMapping,
    and_,
    bindparam,
    func,
    literal,
    select,
    update,
)

from bot.core.records import Case, Learner, Posting, PostingState, QuestionVersion, Submission, SubmissionState
from bot.core.verdicts import Verdict
from bot.store.connection import Connected
from bot.store.diagnoses import diagnoses_of, diagnosis_in
from bot.store.engine import inserting, portions
from bot.store.postings import whole_posting
from bot.store.rows import community_in, learner_in, posting_in, submission_in
from bot.store.tables import community, learner, posting, submission


def _theirs(table: FromClause) -> tuple[ColumnElement[bool], ...]:
    """What a learner answered to a posting, but for what is void."""
    columns = table.c
    return (
        columns.posting_id == bindparam("of_posting"),
        columns.learner_id == bindparam("of_learner"),
        columns.state != SubmissionState.VOID,
    )


_PLATFORM = select(community.c.platform).where(community.c.id == bindparam("of_community")).scalar_subquery()
_SAME_EVENT = select(submission).where(submission.c.platform == _PLATFORM, submission.c.event_id == bindparam("event"))
_WITH_ID = select(submission).where(submission.c.id == bindparam("wanted"))
_CASES = (
    whole_posting()
    .join(submission, submission.c.posting_id == posting.c.id)
    .join(learner, learner.c.id == submission.c.learner_id)
    .join(community, community.c.id == learner.c.community_id)
    .add_columns(*submission.c, *learner.c, *community.c)
)
_CASE = _CASES.where(submission.c.id == bindparam("wanted"))
_JUDGED_OF = _CASES.where(
    submission.c.posting_id == bindparam("wanted"), submission.c.state == SubmissionState.JUDGED
).order_by(submission.c.learner_id, submission.c.attempt)
_LATEST = select(submission).where(*_theirs(submission)).order_by(submission.c.attempt.desc()).limit(1)
# Locked until the end: whoever closes the posting or moves it to another version finds this there, or comes first.
_OF_VERSION = (
    select(posting.c.id)
    .where(posting.c.id == bindparam("of_posting"), posting.c.version_id == bindparam("by"))
    .with_for_update(read=True)
)
# As whoever deletes a learner does, before any of their rows: otherwise the two could wait for each other.
_THERE = select(learner.c.id).where(learner.c.id == bindparam("of_learner")).with_for_update(key_share=True, read=True)
_STILL_STORED = and_(
    submission.c.id == bindparam("wanted"),
    submission.c.state == SubmissionState.STORED,
    submission.c.posting_id.in_(_OF_VERSION),
    submission.c.learner_id.in_(_THERE),
)
_JUDGED = (
    update(submission)
    .where(_STILL_STORED)
    .values(state=SubmissionState.JUDGED, verdict=bindparam("given"))
    .returning(submission)
)
# No two may be the same attempt, and its number is free for the next answer.
_VOID = (
    update(submission)
    .where(_STILL_STORED)
    .values(state=SubmissionState.VOID, attempt=-submission.c.id)
    .returning(submission.c.id)
)
_IS_OPEN = select(posting.c.id).where(posting.c.id == bindparam("of_posting"), posting.c.state == PostingState.POSTED)
_REJUDGED = (
    update(submission)
    .where(
        submission.c.id == bindparam("wanted"),
        submission.c.state == SubmissionState.JUDGED,
        submission.c.text != "",
    )
    .values(verdict=bindparam("given"))
)

_AT_ONCE = 100
_WAITING = (
    select(func.count())
    .select_from(submission)
    .where(submission.c.posting_id == bindparam("of_posting"), submission.c.state == SubmissionState.STORED)
)
_UNJUDGED_OF = (
    select(func.count())
    .select_from(submission)
    .where(
        submission.c.learner_id == bindparam("of_learner"),
        submission.c.state == SubmissionState.STORED,
        submission.c.id != bindparam("but"),
        submission.c.received_at >= bindparam("since"),
    )
)


class SqlSubmissions:
    """See :class:`bot.repositories.Submissions`."""

    def __init__(self, connection: Connected) -> None:
        self._connection = connection

    async def add(
        self, posting: Posting, learner: Learner, event_id: str, text: str, at: datetime
    ) -> Submission | None:
        """Store an answer; the same event id again returns the submission already stored.

        ``None`` where the posting is not open any more.
        """
        place = {"of_posting": posting.id, "of_learner": learner.id, "of_community": posting.community_id}
        answer = {"event": event_id, "given": text, "arrived": at}
        while True:
            # Nothing is inserted when this event is there, the posting is not open any more, or another process took
            # this attempt's number meanwhile.
            stored = await self._first(_add(self._connection.dialect.name), **place, **answer)
            stored = stored or await self._first(_SAME_EVENT, of_community=posting.community_id, event=event_id)
            if stored is not None or await self._connection.scalar(_IS_OPEN, place) is None:
                return stored

    async def get(self, submission_id: int) -> Submission | None:
        """The submission with this id."""
        return await self._first(_WITH_ID, wanted=submission_id)

    async def case(self, submission_id: int) -> Case | None:
        """The submission with this id, and everything that belongs to it."""
        row = (await self._connection.execute(_CASE, {"wanted": submission_id})).mappings().one_or_none()
        return None if row is None else _case_in(row)

    async def judged(
        self, submission: Submission, verdict: Verdict, version: QuestionVersion
    ) -> tuple[Submission | None, bool]:
        """Record the verdict unless there is one: the submission as stored, and whether this verdict was recorded.

        ``None`` where its learner has had it deleted. Nothing is recorded where its posting has moved since to another
        than the ``version`` by which it was judged.
        """
        of = {"of_posting": submission.posting_id, "of_learner": submission.learner_id, "by": version.id}
        recorded = await self._first(_JUDGED, wanted=submission.id, given=verdict, **of)
        stored = recorded or await self.get(submission.id)
        return stored, recorded is not None

    async def of_posting(self, posting: Posting) -> tuple[Case, ...]:
        """Every judged answer to a posting, by learner and attempt."""
        rows = (await self._connection.execute(_JUDGED_OF, {"wanted": posting.id})).mappings()
        return tuple(map(_case_in, rows))

    async def rejudged(self, verdicts: Sequence[tuple[Submission, Verdict]]) -> None:
        """Put each of these verdicts into the place of the one there is, unless its text has been emptied."""
        ordered = sorted(verdicts, key=lambda each: each[0].id)
        async for some in portions([{"wanted": of.id, "given": verdict} for of, verdict in ordered], _AT_ONCE):
            await self._connection.execute(_REJUDGED, some)

    async def void(self, submission: Submission, version: QuestionVersion) -> bool:
        """It can no longer be judged: it is kept, and is no attempt. Whether it is so by this.

        Not where it has a verdict, which it keeps, nor where its posting is not of ``version`` any more.
        """
        of = {"of_posting": submission.posting_id, "of_learner": submission.learner_id, "by": version.id}
        return (await self._connection.execute(_VOID, {"wanted": submission.id, **of})).first() is not None

    async def waiting(self, posting: Posting) -> int:
        """How many answers to a posting have no verdict yet."""
        return int(await self._connection.scalar(_WAITING, {"of_posting": posting.id}))

    async def unjudged_since(self, submission: Submission, since: datetime) -> int:
        """How many other answers of its learner that were stored since then have no verdict yet."""
        asked = {"of_learner": submission.learner_id, "but": submission.id, "since": since}
        return int(await self._connection.scalar(_UNJUDGED_OF, asked))

    async def diagnoses(self, posting: Posting) -> tuple[tuple[str, int], ...]:
        """What was wrong with answers to a posting, by name, with how many learners got it wrong; most first."""
        rows = await self._connection.execute(diagnoses_of(self._connection.dialect.name), {"of_posting": posting.id})
        dialect = self._connection.dialect.name
        return tuple((diagnosis_in(dialect, name), learners) for name, learners in rows if name)

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
        return await self._first(_LATEST, of_posting=posting.id, of_learner=learner.id)

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

    async def _first(self, query: Executable, **asked: Any) -> Submission | None:
        row = (await self._connection.execute(query, asked)).mappings().one_or_none()
        return None if row is None else submission_in(row)


def _case_in(row: RowMapping) -> Case:
    return Case(submission_in(row), posting_in(row), learner_in(row), community_in(row))


@functools.cache
def _add(dialect: str) -> Executable:
    earlier = submission.alias()
    attempts = select(func.coalesce(func.max(earlier.c.attempt), 0)).where(*_theirs(earlier))
    columns = submission.c
    # Held until the end: whoever closes the posting finds this answer there, or it is not taken.
    answer = (
        select(
            posting.c.id,
            bindparam("of_learner", type_=columns.learner_id.type),
            _PLATFORM,
            bindparam("event", type_=columns.event_id.type),
            bindparam("given", type_=columns.text.type),
            bindparam("arrived", type_=columns.received_at.type),
            attempts.scalar_subquery() + 1,
            literal(SubmissionState.STORED, columns.state.type),
        )
        .where(posting.c.id == bindparam("of_posting"), posting.c.state == PostingState.POSTED)
        .with_for_update(read=True)
    )
    into = ("posting_id", "learner_id", "platform", "event_id", "text", "received_at", "attempt", "state")
    insert = inserting(dialect, submission).from_select(into, answer)
    added: Executable = insert.on_conflict_do_nothing().returning(submission)
    return added
