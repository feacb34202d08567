"""What a learner knows, and what there is to practise."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Executable, bindparam, case, func, not_, select

from bot.core.memory import Memory
from bot.core.records import Community, Learner, Posting, PostingState
from bot.store.connection import Connected
from bot.store.engine import Columns, insert_all_new, insert_or_change
from bot.store.postings import whole_posting
from bot.store.rows import posting_in
from bot.store.tables import award, memory, posting, question_version, schedule, submission

_ALL = (
    select(memory.c.topic, memory.c.card, memory.c.due_at)
    .where(memory.c.learner_id == bindparam("of_learner"))
    .order_by(memory.c.topic)
)
# In one order, so that two verdicts at a time wait for each other instead of both.
_NAMED = _ALL.where(memory.c.topic.in_(bindparam("named", expanding=True))).with_for_update()
_PRACTISED = (
    select(question_version.c.question_id)
    .select_from(submission)
    .join(posting)
    .join(schedule)
    .join(question_version)
    .where(submission.c.learner_id == bindparam("of_learner"), schedule.c.practice)
    .group_by(question_version.c.question_id)
    .order_by(func.max(submission.c.id))
)
_SOLVED = (
    select(question_version.c.question_id)
    .select_from(award)
    .join(posting)
    .join(question_version)
    .where(award.c.learner_id == bindparam("of_learner"))
    .group_by(question_version.c.question_id, award.c.posting_id)
    .having(
        func.sum(award.c.solved) > 0,
        func.max(case((award.c.solved > 0, award.c.at))) >= bindparam("since", type_=award.c.at.type),
    )
)
_OPEN = (
    whole_posting()
    .where(
        schedule.c.community_id == bindparam("of_community"),
        not_(schedule.c.practice),
        posting.c.state == PostingState.POSTED,
    )
    .order_by(posting.c.id)
)


def _remembered(new: Columns) -> dict[str, Any]:
    return {"card": new["card"], "due_at": new["due_at"]}


class SqlLearning:
    """See :class:`bot.learning.Learning`."""

    def __init__(self, connection: Connected) -> None:
        self._connection = connection

    async def memories(self, learner: Learner, topics: Collection[str] | None = None) -> tuple[Memory, ...]:
        """What the learner remembers, by topic: of these topics, or of all.

        Those of named topics are the caller's alone until the transaction ends.
        """
        if topics is None:
            found = await self._memories(_ALL, of_learner=learner.id)
        else:
            found = await self._alone(learner, topics)
        return tuple(each for each in found if each.card)

    async def _alone(self, learner: Learner, topics: Collection[str]) -> tuple[Memory, ...]:
        named = {"of_learner": learner.id, "named": list(topics)}
        found = await self._memories(_NAMED, **named)
        new = set(topics) - {each.topic for each in found}
        if not new:
            return found
        # What is not there nobody can have alone: of two who come at once, one waits here for the other.
        empty = {"learner_id": learner.id, "card": "", "due_at": datetime.fromtimestamp(0, UTC)}
        await insert_all_new(
            self._connection, memory, [{**empty, "topic": topic} for topic in sorted(new)], memory.c.topic
        )
        return await self._memories(_NAMED, **named)

    async def _memories(self, query: Executable, **asked: object) -> tuple[Memory, ...]:
        return tuple(Memory(*row) for row in await self._connection.execute(query, asked))

    async def remember(self, learner: Learner, memories: Sequence[Memory]) -> None:
        """Put these in the place of what the learner remembered of their topics."""
        rows = [
            {"learner_id": learner.id, "topic": each.topic, "card": each.card, "due_at": each.due_at}
            for each in sorted(memories, key=lambda each: each.topic)
        ]
        if rows:
            await insert_or_change(self._connection, memory, rows, _remembered)

    async def practised(self, learner: Learner) -> tuple[str, ...]:
        """Ids of the questions the learner has answered in practice, the latest last."""
        return tuple(await self._connection.scalars(_PRACTISED, {"of_learner": learner.id}))

    async def solved_since(self, learner: Learner, at: datetime) -> frozenset[str]:
        """Ids of the questions the learner has solved at ``at`` or later."""
        return frozenset(await self._connection.scalars(_SOLVED, {"of_learner": learner.id, "since": at}))

    async def open_postings(self, community: Community) -> tuple[Posting, ...]:
        """What is open for answers that count, anywhere in the community."""
        rows = (await self._connection.execute(_OPEN, {"of_community": community.id})).mappings()
        return tuple(map(posting_in, rows))
