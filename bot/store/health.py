"""How questions fare, and how a season went."""

from __future__ import annotations

import functools
from collections import defaultdict
from datetime import date

from sqlalchemy import (
    Executable,
    Text,
    and_,
    bindparam,
    func,
    not_,
    or_,
    select,
)

from bot.core.health import QuestionHealth
from bot.core.records import Community, Posting, PostingState, SubmissionState, Window
from bot.store.connection import Connected
from bot.store.diagnoses import diagnosis, diagnosis_in
from bot.store.postings import COUNTS, IN_TIME, whole_posting
from bot.store.rows import posting_in
from bot.store.tables import award, learner, posting, question_version, schedule, standing, submission

_SCORED = and_(not_(schedule.c.practice), posting.c.state != PostingState.VOID)
_COUNTED = and_(
    _SCORED,
    schedule.c.community_id == bindparam("of_community"),
    or_(bindparam("of_question", type_=Text) == "", question_version.c.question_id == bindparam("of_question")),
)
_IS_JUDGED = submission.c.state == SubmissionState.JUDGED
_ASKED = (
    select(
        question_version.c.question_id, func.count().label("postings"), func.max(posting.c.version_id).label("latest")
    )
    .select_from(posting)
    .join(question_version)
    .join(schedule)
    .where(_COUNTED)
    .group_by(question_version.c.question_id)
    .order_by(question_version.c.question_id)
)
_LATEST = select(question_version.c.id, question_version.c.content).where(
    question_version.c.id.in_(bindparam("these", expanding=True))
)
_SOLVED = (
    select(question_version.c.question_id, func.sum(award.c.solved).label("solved"))
    .select_from(award)
    .join(posting)
    .join(question_version)
    .join(schedule)
    .where(_COUNTED)
    .group_by(question_version.c.question_id)
)
_TRIED = (
    select(question_version.c.question_id, func.count().label("attempts"))
    .select_from(submission)
    .join(posting)
    .join(question_version)
    .join(schedule)
    .where(_COUNTED, _IS_JUDGED)
    .group_by(question_version.c.question_id, submission.c.posting_id, submission.c.learner_id)
    .subquery()
)
_ATTEMPTS = select(_TRIED.c.question_id, _TRIED.c.attempts, func.count().label("learners")).group_by(
    _TRIED.c.question_id, _TRIED.c.attempts
)
# What was taken back is no solution, and leaves both lines.
_SOLUTIONS = (
    select(func.coalesce(func.sum(award.c.solved), 0))
    .where(award.c.posting_id == bindparam("of_posting"))
    .scalar_subquery()
)
_UNSOLVED = select(func.count(), func.count(submission.c.learner_id.distinct())).where(
    submission.c.posting_id == bindparam("of_posting"), _IS_JUDGED, _SOLUTIONS <= 0
)
_COMMUNITYS = and_(schedule.c.community_id == bindparam("of_community"), not_(schedule.c.practice))
_BEFORE = (
    select(func.max(posting.c.local_date))
    .select_from(posting)
    .join(schedule)
    .where(_COMMUNITYS, posting.c.local_date < bindparam("day"))
)
_SINCE = (
    select(posting.c.id)
    .select_from(posting)
    .join(schedule)
    .where(_COMMUNITYS, posting.c.local_date >= bindparam("day"))
    .limit(2)
)
_SOLVERS = select(func.count()).where(
    standing.c.community_id == bindparam("of_community"),
    standing.c.window == bindparam("of_window"),
    standing.c.key == bindparam("of_key"),
    standing.c.solved > 0,
)
_BETWEEN = (
    whole_posting()
    .add_columns(
        select(func.count(submission.c.learner_id.distinct())).where(COUNTS).scalar_subquery().label("answered"),
        select(func.coalesce(func.sum(award.c.solved), 0))
        .where(award.c.posting_id == posting.c.id)
        .scalar_subquery()
        .label("solved"),
    )
    .where(
        _SCORED,
        schedule.c.community_id == bindparam("of_community"),
        posting.c.local_date >= bindparam("since"),
        posting.c.local_date < bindparam("until"),
    )
    .order_by(posting.c.schedule_id, posting.c.local_date)
)
_WHO = (
    select(submission.c.learner_id)
    .distinct()
    .select_from(submission)
    .join(posting)
    .join(learner, learner.c.id == submission.c.learner_id)
    .where(posting.c.id == bindparam("of_posting"), IN_TIME, not_(learner.c.hidden))
)
_WAITING = (
    select(submission.c.id)
    .select_from(submission)
    .join(posting)
    .join(schedule)
    .where(schedule.c.community_id == bindparam("of_community"), submission.c.state == SubmissionState.STORED)
    .limit(1)
)


class SqlHealth:
    """See :class:`bot.ledger.Health`."""

    def __init__(self, connection: Connected) -> None:
        self._connection = connection

    async def of_questions(self, community: Community, question_id: str = "") -> tuple[QuestionHealth, ...]:
        """What the questions asked in a community came to, by id; only one of them if it is named."""
        asked = {"of_community": community.id, "of_question": question_id}
        questions = (await self._connection.execute(_ASKED, asked)).all()
        contents = await self._connection.execute(_LATEST, {"these": [row.latest for row in questions]})
        titles = {row.id: row.content.title for row in contents}
        solved = {row.question_id: row.solved for row in await self._connection.execute(_SOLVED, asked)}
        attempts: defaultdict[str, dict[int, int]] = defaultdict(dict)
        for row in await self._connection.execute(_ATTEMPTS, asked):
            attempts[row.question_id][row.attempts] = row.learners
        diagnoses: defaultdict[str, dict[str, int]] = defaultdict(dict)
        dialect = self._connection.dialect.name
        for row in await self._connection.execute(_diagnoses(dialect), asked):
            diagnoses[row.question_id][diagnosis_in(dialect, row.diagnosis)] = row.answers
        return tuple(
            QuestionHealth(
                row.question_id,
                titles[row.latest],
                row.postings,
                sum(attempts[row.question_id].values()),
                solved.get(row.question_id, 0),
                attempts[row.question_id],
                diagnoses[row.question_id],
            )
            for row in questions
        )

    async def unsolved(self, posting: Posting) -> tuple[int, int]:
        """Judged answers to a posting and how many learners gave them; none where somebody solved it."""
        row = (await self._connection.execute(_UNSOLVED, {"of_posting": posting.id})).one()
        return row[0], row[1]

    async def first_since(self, posting: Posting, day: date) -> bool:
        """Whether ``posting`` is its community's first from ``day`` on, and not its first ever."""
        since = await self._connection.scalars(_SINCE, {"of_community": posting.community_id, "day": day})
        return list(since) == [posting.id] and await self.last_before(posting, day) is not None

    async def last_before(self, posting: Posting, day: date) -> date | None:
        """The last local date before ``day`` for which the community of ``posting`` has one."""
        found: date | None = await self._connection.scalar(_BEFORE, {"of_community": posting.community_id, "day": day})
        return found

    async def solvers(self, community: Community, window: Window, key: str) -> int:
        """How many learners solved a question in a window."""
        asked = {"of_community": community.id, "of_window": window, "of_key": key}
        return await self._connection.scalar(_SOLVERS, asked) or 0

    async def between(self, community: Community, start: date, end: date) -> tuple[tuple[Posting, int, int], ...]:
        """The postings of local dates from ``start`` to before ``end``, each with how many answered and solved it."""
        asked = {"of_community": community.id, "since": start, "until": end}
        rows = (await self._connection.execute(_BETWEEN, asked)).mappings()
        return tuple((posting_in(row), row["answered"], row["solved"]) for row in rows)

    async def who_answered(self, posting: Posting) -> frozenset[int]:
        """The ids of who answered a posting before it closed, but for who is hidden."""
        return frozenset(await self._connection.scalars(_WHO, {"of_posting": posting.id}))

    async def is_waiting(self, posting: Posting) -> bool:
        """Whether an answer in the community of ``posting`` has no verdict yet."""
        return await self._connection.scalar(_WAITING, {"of_community": posting.community_id}) is not None


@functools.cache
def _diagnoses(dialect: str) -> Executable:
    name = diagnosis(dialect)
    return (
        select(question_version.c.question_id, name.label("diagnosis"), func.count().label("answers"))
        .select_from(submission)
        .join(posting)
        .join(question_version)
        .join(schedule)
        .where(_COUNTED, _IS_JUDGED, name != "")
        .group_by(question_version.c.question_id, name)
    )
