"""Points and places: awards are a ledger, standings a rollup kept in the same transaction."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Table, and_, func, literal, select, union_all

from bot.core.records import Community, Learner, Placed, Posting, Progress, SubmissionState, Window
from bot.core.scoring import GAVE_UP, SOLVE, window_keys
from bot.store.connection import Connected
from bot.store.engine import insert_new, insert_or_change
from bot.store.rows import learner_in
from bot.store.tables import award, hint_use, learner, standing, submission


class SqlCompetition:
    """See :class:`bot.repositories.Competition`."""

    def __init__(self, connection: Connected) -> None:
        self._connection = connection

    async def award(self, posting: Posting, learner: Learner, cause: str, points: int, at: datetime) -> bool:
        """Append to the ledger unless (learner, posting, cause) is there already; whether it was appended.

        The standings of every window of the posting's local date move with it, unless it is practice.
        """
        entry = {"learner_id": learner.id, "posting_id": posting.id, "cause": cause, "points": points, "at": at}
        appended = await insert_new(self._connection, award, **entry)
        if appended and not posting.practice:
            await self._move_standings(posting, learner, points, int(cause == SOLVE))
        return appended

    async def _move_standings(self, posting: Posting, learner: Learner, points: int, solved: int) -> None:
        person = {"community_id": posting.community_id, "learner_id": learner.id, "points": points, "solved": solved}
        windows = [{"window": window, "key": key, **person} for window, key in window_keys(posting.local_date).items()]
        sums = ("points", "solved")
        await insert_or_change(
            self._connection, standing, windows, lambda new: {name: standing.c[name] + new[name] for name in sums}
        )

    async def use_hint(self, posting: Posting, learner: Learner, index: int, at: datetime) -> None:
        """Record that a hint was shown (index from 0); ``index`` -1 stands for giving up. Idempotent."""
        use = {"posting_id": posting.id, "learner_id": learner.id, "hint": index, "at": at}
        await insert_new(self._connection, hint_use, **use)

    async def progress(self, posting: Posting, learner: Learner) -> Progress:
        """What the learner has done on this posting; what is void is no attempt."""
        counts = and_(_between(submission, posting, learner), submission.c.state != SubmissionState.VOID)
        # Every reply and every verdict asks for this, and each statement would be a trip to the database of its own.
        told = union_all(
            select(literal("attempt"), literal(""), func.count()).select_from(submission).where(counts),
            select(literal("hint"), literal(""), hint_use.c.hint).where(_between(hint_use, posting, learner)),
            select(literal("award"), award.c.cause, award.c.points).where(_between(award, posting, learner)),
        )
        rows = [tuple(row) for row in await self._connection.execute(told)]
        hints = [hint for kind, _, hint in rows if kind == "hint"]
        points = {cause: earned for kind, cause, earned in rows if kind == "award"}
        return Progress(
            attempts=sum(count for kind, _, count in rows if kind == "attempt"),
            solved=SOLVE in points,
            hints_used=sum(hint != GAVE_UP for hint in hints),
            gave_up=GAVE_UP in hints,
            points=sum(points.values()),
        )

    async def counts(self, posting: Posting) -> tuple[int, int]:
        """How many learners answered a posting, and how many solved it."""
        answered = select(func.count(submission.c.learner_id.distinct())).where(submission.c.posting_id == posting.id)
        solved = select(func.count()).select_from(award).where(award.c.posting_id == posting.id, award.c.cause == SOLVE)
        row = (await self._connection.execute(select(answered.scalar_subquery(), solved.scalar_subquery()))).one()
        return row[0], row[1]

    async def board(self, community: Community, window: Window, key: str, top: int) -> tuple[Placed, ...]:
        """The first ``top`` places of the window named ``key`` (see :func:`bot.core.scoring.window_keys`)."""
        rank = func.rank().over(order_by=standing.c.points.desc()).label("rank")
        query = (
            select(rank, standing.c.points, standing.c.solved, learner)
            .join(learner)
            .where(_on_board(community.id, window, key))
            .order_by(standing.c.points.desc(), learner.c.name, learner.c.id)
            .limit(top)
        )
        rows = (await self._connection.execute(query)).mappings()
        return tuple(
            Placed(row["rank"], learner_in(row), row[standing.c.points], row[standing.c.solved]) for row in rows
        )

    async def place(self, learner: Learner, window: Window, key: str) -> Placed | None:
        """The learner's own place on the board of their community, however far down; ``None`` without points."""
        on_board = _on_board(learner.community_id, window, key)
        own = select(standing.c.points, standing.c.solved).where(on_board, standing.c.learner_id == learner.id)
        row = (await self._connection.execute(own)).one_or_none()
        if row is None:
            return None
        ahead = select(func.count()).select_from(standing).where(on_board, standing.c.points > row.points)
        return Placed(1 + (await self._connection.scalar(ahead) or 0), learner, row.points, row.solved)

    async def points(self, learner: Learner) -> int:
        """All points of a learner."""
        query = select(func.sum(award.c.points)).where(award.c.learner_id == learner.id)
        return await self._connection.scalar(query) or 0


def _on_board(community_id: int, window: Window, key: str) -> ColumnElement[bool]:
    return and_(
        standing.c.community_id == community_id,
        standing.c.window == window,
        standing.c.key == key,
        standing.c.points > 0,
    )


def _between(table: Table, posting: Posting, learner: Learner) -> ColumnElement[bool]:
    return and_(table.c.posting_id == posting.id, table.c.learner_id == learner.id)
