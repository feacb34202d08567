"""What a learner knows, and what there is to practise."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Executable, bindparam, case, delete, func, not_, select, union

from bot.core.memory import Given, Memory
from bot.core.records import Community, Learner, Posting, PostingState, SubmissionState
from bot.core.scoring import GAVE_UP
from bot.store.connection import Connected
from bot.store.engine import Columns, insert_all_new, insert_or_change
from bot.store.postings import whole_posting
from bot.store.rows import learner_in, posting_in
from bot.store.tables import award, hint_use, learner, memory, posting, question_version, schedule, submission

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
_FORGOTTEN = delete(memory).where(
    memory.c.learner_id == bindparam("of_learner"), memory.c.topic.in_(bindparam("named", expanding=True))
)
_IS_JUDGED = submission.c.state == SubmissionState.JUDGED
_HISTORY = (
    select(
        submission.c.posting_id,
        submission.c.attempt,
        submission.c.received_at,
        submission.c.verdict,
        question_version.c.content,
    )
    .select_from(submission)
    .join(posting)
    .join(question_version)
    .where(submission.c.learner_id == bindparam("of_learner"), _IS_JUDGED, posting.c.state != PostingState.VOID)
    .order_by(submission.c.received_at, submission.c.id)
)
_STAYS = select(learner.c.id).where(learner.c.id == bindparam("of_learner")).with_for_update(key_share=True, read=True)
_HELP = (
    select(hint_use.c.posting_id, hint_use.c.hint, hint_use.c.at, question_version.c.content)
    .select_from(hint_use)
    .join(posting)
    .join(question_version)
    .where(hint_use.c.learner_id == bindparam("of_learner"), posting.c.state != PostingState.VOID)
)
_LEARNERS = (
    select(learner)
    .where(
        learner.c.id.in_(
            union(
                select(submission.c.learner_id).where(submission.c.posting_id == bindparam("of_posting"), _IS_JUDGED),
                select(hint_use.c.learner_id).where(
                    hint_use.c.posting_id == bindparam("of_posting"), hint_use.c.hint == GAVE_UP
                ),
            )
        )
    )
    .order_by(learner.c.id)
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
        made = await insert_all_new(
            self._connection, memory, [{**empty, "topic": topic} for topic in sorted(new)], memory.c.topic
        )
        if len(made) == len(new):
            return found
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

    async def forget(self, learner: Learner, topics: Collection[str]) -> None:
        """Have the learner remember nothing of these topics."""
        await self._connection.execute(_FORGOTTEN, {"of_learner": learner.id, "named": list(topics)})

    async def stays(self, learner: Learner) -> bool:
        """Whether the learner is still known; nobody deletes them before the transaction ends."""
        return await self._connection.scalar(_STAYS, {"of_learner": learner.id}) is not None

    async def history(self, learner: Learner) -> tuple[Given, ...]:
        """All that the learner gave, or gave up, in the order in which it came, but for what was taken back."""
        help_used: defaultdict[int, list[tuple[int, datetime]]] = defaultdict(list)
        given_up = []
        for row in await self._connection.execute(_HELP, {"of_learner": learner.id}):
            help_used[row.posting_id].append((row.hint, row.at))
            if row.hint == GAVE_UP:
                given_up.append(Given(row.posting_id, row.content, 0, False, row.at, 0, gave_up=False))
        rows = await self._connection.execute(_HISTORY, {"of_learner": learner.id})
        given = [_given(row, help_used[row.posting_id]) for row in rows if row.verdict is not None]
        # Help counts against an answer that came at the same moment.
        return tuple(sorted((*given_up, *given), key=lambda each: (each.at, each.attempt > 0)))

    async def learners_of(self, posting: Posting) -> tuple[Learner, ...]:
        """Who has judged answers to a posting, or gave up on it."""
        rows = (await self._connection.execute(_LEARNERS, {"of_posting": posting.id})).mappings()
        return tuple(map(learner_in, rows))

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


def _given(row: Any, help_used: Sequence[tuple[int, datetime]]) -> Given:
    shown = {hint for hint, at in help_used if at <= row.received_at}
    return Given(
        row.posting_id,
        row.content,
        row.attempt,
        row.verdict.accepted,
        row.received_at,
        hints_used=len(shown - {GAVE_UP}),
        gave_up=GAVE_UP in shown,
    )
