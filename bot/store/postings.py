"""Which question was asked where and when."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Executable, Select, and_, bindparam, exists, not_, or_, select, update

from bot.core.records import (
    AnsweredPosting,
    Learner,
    Posting,
    PostingState,
    QuestionVersion,
    Schedule,
    SubmissionState,
)
from bot.store.connection import Connected
from bot.store.engine import insert_new
from bot.store.rows import posting_in
from bot.store.tables import posting, question_version, schedule, submission


def whole_posting() -> Select[*tuple[object, ...]]:
    """A query whose rows :func:`bot.store.rows.posting_in` can read."""
    return select(posting, question_version, schedule).select_from(posting).join(question_version).join(schedule)


_OF_SCHEDULE = posting.c.schedule_id == bindparam("of_schedule")
_WITH_ID = whole_posting().where(posting.c.id == bindparam("wanted"))
_OF_DATE = whole_posting().where(_OF_SCHEDULE, posting.c.local_date == bindparam("that_day"))
_LATEST_OPEN = (
    whole_posting()
    .where(_OF_SCHEDULE, posting.c.state == PostingState.POSTED)
    .order_by(posting.c.local_date.desc())
    .limit(1)
)
_LATEST = whole_posting().where(_OF_SCHEDULE).order_by(posting.c.local_date.desc()).limit(1)
IN_TIME = and_(
    submission.c.posting_id == posting.c.id,
    or_(posting.c.closed_at.is_(None), submission.c.received_at < posting.c.closed_at),
)
"""An answer came before its posting closed. That is what a streak asks: it is we who make an answer void."""
COUNTS = and_(IN_TIME, submission.c.state != SubmissionState.VOID)
"""An answer is one of those that are counted, beside what was solved."""
_HAS_ANSWERED = exists().where(IN_TIME, submission.c.learner_id == bindparam("of_learner"))
_ANSWERED = (
    select(posting.c.local_date, _HAS_ANSWERED, posting.c.state, posting.c.excused)
    .where(_OF_SCHEDULE)
    .order_by(posting.c.local_date)
)
_CLOSED_AT = select(posting.c.closed_at).where(posting.c.id == bindparam("wanted"))
_CLOSED_BY = (
    whole_posting()
    .where(
        _OF_SCHEDULE,
        posting.c.local_date < bindparam("that_day"),
        posting.c.state == PostingState.CLOSED,
        posting.c.closed_at == bindparam("then"),
    )
    .order_by(posting.c.local_date)
)

_BESIDE = and_(
    schedule.c.community_id == bindparam("of_community"),
    not_(schedule.c.practice),
    schedule.c.id != bindparam("but"),
    question_version.c.question_id == bindparam("of_question"),
)
_ELSEWHERE = (
    select(posting.c.id)
    .join(schedule)
    .join(question_version)
    .where(_BESIDE, posting.c.state == PostingState.POSTED)
    .limit(1)
)
_CLOSED_BESIDE = (
    whole_posting()
    .where(_BESIDE, posting.c.state == PostingState.CLOSED, posting.c.closed_at >= bindparam("opened"))
    .order_by(posting.c.id)
)

_MOVE = (
    update(posting)
    .where(
        posting.c.id == bindparam("wanted"),
        posting.c.version_id == bindparam("old"),
        posting.c.state != PostingState.VOID,
    )
    .values(version_id=bindparam("new"))
    .returning(posting.c.id)
)


class SqlPostings:
    """See :class:`bot.repositories.Postings`."""

    def __init__(self, connection: Connected) -> None:
        self._connection = connection

    async def open_for(self, schedule: Schedule, local_date: date) -> Posting | None:
        """The posting of that date, if there is one."""
        return await self._first(_OF_DATE, of_schedule=schedule.id, that_day=local_date)

    async def get(self, posting_id: int) -> Posting | None:
        """The posting with this id."""
        return await self._first(_WITH_ID, wanted=posting_id)

    async def latest_open(self, schedule: Schedule) -> Posting | None:
        """The posting of the schedule that is open for answers, the latest if there are several."""
        return await self._first(_LATEST_OPEN, of_schedule=schedule.id)

    async def latest(self, schedule: Schedule) -> Posting | None:
        """The posting of the schedule's last date, open or not."""
        return await self._first(_LATEST, of_schedule=schedule.id)

    async def _first(self, query: Executable, **asked: object) -> Posting | None:
        row = (await self._connection.execute(query, asked)).mappings().one_or_none()
        return None if row is None else posting_in(row)

    async def claim(
        self,
        schedule: Schedule,
        local_date: date,
        version: QuestionVersion,
        at: datetime,
        due: datetime | None = None,
    ) -> tuple[Posting, bool]:
        """Post ``version`` for that date and close earlier postings; if already claimed, the posting that is there.

        With whether it was posted by this.
        """
        is_new = await insert_new(
            self._connection,
            posting,
            schedule_id=schedule.id,
            local_date=local_date,
            version_id=version.id,
            state=PostingState.POSTED,
            opened_at=at,
            due_at=due,
        )
        if is_new:
            await self._close_before(schedule, local_date, at)
        claimed = await self.open_for(schedule, local_date)
        assert claimed is not None, "it was either inserted or already there"
        return claimed, is_new

    async def move(self, posting: Posting, to: QuestionVersion) -> bool:
        """Have it be of another version, unless it is void, or of another than was read; whether it was changed."""
        asked = {"wanted": posting.id, "old": posting.version.id, "new": to.id}
        return (await self._connection.execute(_MOVE, asked)).first() is not None

    async def _close_before(self, schedule: Schedule, local_date: date, at: datetime) -> None:
        earlier = update(posting).where(
            posting.c.schedule_id == schedule.id,
            posting.c.local_date < local_date,
            posting.c.state == PostingState.POSTED,
        )
        await self._connection.execute(earlier.values(state=PostingState.CLOSED, closed_at=at))

    async def closed_by(self, posting: Posting) -> tuple[Posting, ...]:
        """The postings that closed when this one opened."""
        asked = {"of_schedule": posting.schedule.id, "that_day": posting.local_date, "then": posting.opened_at}
        return tuple(map(posting_in, (await self._connection.execute(_CLOSED_BY, asked)).mappings()))

    async def closed_at(self, posting_id: int) -> datetime | None:
        """When it closed; ``None`` while it is open."""
        found: datetime | None = await self._connection.scalar(_CLOSED_AT, {"wanted": posting_id})
        return found

    async def closed_beside(self, posting: Posting) -> tuple[Posting, ...]:
        """Postings of its question elsewhere in the community that closed after it opened; none of practice."""
        asked = {**_beside(posting), "opened": posting.opened_at}
        return tuple(map(posting_in, (await self._connection.execute(_CLOSED_BESIDE, asked)).mappings()))

    async def is_open_elsewhere(self, posting: Posting) -> bool:
        """Whether its question is open on another schedule of the community that is not of practice."""
        return await self._connection.scalar(_ELSEWHERE, _beside(posting)) is not None

    async def excuse(self, posting: Posting) -> None:
        """It could not be answered for long, through our fault."""
        await self._excuse(posting.id)

    async def _excuse(self, posting_id: int) -> None:
        await self._connection.execute(update(posting).where(posting.c.id == posting_id).values(excused=True))

    async def asked(self, schedule: Schedule) -> tuple[str, ...]:
        """Ids of the questions this schedule has asked, oldest first."""
        query = (
            select(question_version.c.question_id)
            .join(posting)
            .where(posting.c.schedule_id == schedule.id)
            .order_by(posting.c.local_date)
        )
        return tuple(await self._connection.scalars(query))

    async def answered(self, schedule: Schedule, learner: Learner) -> tuple[AnsweredPosting, ...]:
        """Every posting of the schedule in date order, with whether the learner answered it before it closed."""
        asked = {"of_schedule": schedule.id, "of_learner": learner.id}
        rows = await self._connection.execute(_ANSWERED, asked)
        return tuple(
            AnsweredPosting(day, answered, state is PostingState.VOID, excused)
            for day, answered, state, excused in rows
        )


def _beside(posting: Posting) -> dict[str, object]:
    """What :data:`_BESIDE` is asked with."""
    same = {"of_community": posting.community_id, "of_question": posting.version.question.id}
    return {**same, "but": posting.schedule.id}
