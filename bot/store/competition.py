"""Points and places: awards are a ledger, standings a rollup kept in the same transaction."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Integer, Table, and_, bindparam, func, literal, select, union_all

from bot.core.records import Community, Learner, Placed, Posting, Progress, SubmissionState, Window
from bot.core.scoring import GAVE_UP, SOLVE, window_keys
from bot.store.connection import Connected
from bot.store.engine import Columns, insert_new, insert_or_change
from bot.store.rows import learner_in
from bot.store.tables import award, hint_use, learner, standing, submission


def _between(table: Table) -> ColumnElement[bool]:
    return and_(table.c.posting_id == bindparam("of_posting"), table.c.learner_id == bindparam("of_learner"))


def _added(new: Columns) -> dict[str, Any]:
    return {name: standing.c[name] + new[name] for name in ("points", "solved")}


# Every reply and every verdict asks for this, and each statement would be a trip to the database of its own.
_PROGRESS = union_all(
    select(literal("attempt"), literal(""), func.count())
    .select_from(submission)
    .where(_between(submission), submission.c.state != SubmissionState.VOID),
    select(literal("hint"), literal(""), hint_use.c.hint).where(_between(hint_use)),
    select(literal("award"), award.c.cause, award.c.points).where(_between(award)),
)
_COUNTS = select(
    select(func.count(submission.c.learner_id.distinct()))
    .where(submission.c.posting_id == bindparam("of_posting"))
    .scalar_subquery(),
    select(func.count())
    .select_from(award)
    .where(award.c.posting_id == bindparam("of_posting"), award.c.cause == SOLVE)
    .scalar_subquery(),
)
_ON_BOARD = and_(
    standing.c.community_id == bindparam("of_community"),
    standing.c.window == bindparam("of_window"),
    standing.c.key == bindparam("of_key"),
    standing.c.points > 0,
)
_BOARD = (
    select(
        func.rank().over(order_by=standing.c.points.desc()).label("rank"), standing.c.points, standing.c.solved, learner
    )
    .join(learner)
    .where(_ON_BOARD)
    .order_by(standing.c.points.desc(), learner.c.name, learner.c.id)
    .limit(bindparam("most", type_=Integer))
)
_OWN = select(standing.c.points, standing.c.solved).where(_ON_BOARD, standing.c.learner_id == bindparam("of_learner"))
_AHEAD = select(func.count()).select_from(standing).where(_ON_BOARD, standing.c.points > bindparam("than"))
_POINTS = select(func.sum(award.c.points)).where(award.c.learner_id == bindparam("of_learner"))


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
        await insert_or_change(self._connection, standing, windows, _added)

    async def use_hint(self, posting: Posting, learner: Learner, index: int, at: datetime) -> None:
        """Record that a hint was shown (index from 0); ``index`` -1 stands for giving up. Idempotent."""
        use = {"posting_id": posting.id, "learner_id": learner.id, "hint": index, "at": at}
        await insert_new(self._connection, hint_use, **use)

    async def progress(self, posting: Posting, learner: Learner) -> Progress:
        """What the learner has done on this posting; what is void is no attempt."""
        asked = {"of_posting": posting.id, "of_learner": learner.id}
        rows = [tuple(row) for row in await self._connection.execute(_PROGRESS, asked)]
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
        row = (await self._connection.execute(_COUNTS, {"of_posting": posting.id})).one()
        return row[0], row[1]

    async def board(self, community: Community, window: Window, key: str, top: int) -> tuple[Placed, ...]:
        """The first ``top`` places of the window named ``key`` (see :func:`bot.core.scoring.window_keys`)."""
        asked = {"of_community": community.id, "of_window": window, "of_key": key, "most": top}
        rows = (await self._connection.execute(_BOARD, asked)).mappings()
        return tuple(
            Placed(row["rank"], learner_in(row), row[standing.c.points], row[standing.c.solved]) for row in rows
        )

    async def place(self, learner: Learner, window: Window, key: str) -> Placed | None:
        """The learner's own place on the board of their community, however far down; ``None`` without points."""
        board = {"of_community": learner.community_id, "of_window": window, "of_key": key}
        row = (await self._connection.execute(_OWN, {**board, "of_learner": learner.id})).one_or_none()
        if row is None:
            return None
        ahead = await self._connection.scalar(_AHEAD, {**board, "than": row.points})
        return Placed(1 + (ahead or 0), learner, row.points, row.solved)

    async def points(self, learner: Learner) -> int:
        """All points of a learner."""
        return await self._connection.scalar(_POINTS, {"of_learner": learner.id}) or 0
