"""How an award is made: what it depends on, read and locked at once; what it moves, written at once where it can be.

Each statement is a trip to the database of its own, and every right answer takes this way.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, bindparam, case, func, literal, or_, select, text, true, union_all

from bot.core.records import Correction, Learner, Posting, PostingState, Progress, SubmissionState
from bot.core.scoring import GAVE_UP, is_solve, window_keys
from bot.store import standings
from bot.store.codec import UtcTime
from bot.store.connection import Connected
from bot.store.engine import insert_unless_there
from bot.store.standings import Terms
from bot.store.tables import award, community, hint_use, learner, posting, submission


@dataclass(frozen=True, slots=True)
class Award:
    """What is to be added to the ledger."""

    posting: Posting
    learner: Learner
    cause: str
    points: int
    at: datetime

    @property
    def solved(self) -> int:
        """By how much it changes the count of solutions."""
        return int(is_solve(self.cause))


@dataclass(frozen=True, slots=True)
class Standing:
    """What an award depends on and what does not change before it is committed.

    ``earns``: an answer still can, because the posting is not void and it came in time.
    """

    terms: Terms
    earns: bool


def _between(table: Table) -> ColumnElement[bool]:
    return and_(table.c.posting_id == bindparam("of_posting"), table.c.learner_id == bindparam("of_learner"))


_IS_OVER = or_(
    posting.c.state == PostingState.VOID,
    posting.c.closed_at <= bindparam("answered_at", type_=UtcTime),
)
# Held until the end: a posting taken back, a season of another length or a learner who hides comes before or after.
# Of a community only the key, which seasons of another length take: its name and its keeper may change meanwhile.
_SEASONS = (
    select(community.c.season_months)
    .where(community.c.id == bindparam("of_community"))
    .with_for_update(read=True, key_share=True)
    .subquery("seasons")
)
_TERMS = (
    select(
        _SEASONS.c.season_months,
        case((learner.c.hidden, 1), else_=0).label("hidden"),
        case((_IS_OVER, 1), else_=0).label("is_over"),
    )
    .select_from(posting)
    .join(learner, learner.c.id == bindparam("of_learner"))
    .join(_SEASONS, true())
    .where(posting.c.id == bindparam("of_posting"))
    .with_for_update(read=True, of=[posting, learner])
    .subquery("terms")
)
_PROGRESS = (
    select(literal("attempt"), func.count(), literal(0))
    .select_from(submission)
    .where(_between(submission), submission.c.state != SubmissionState.VOID),
    select(literal("hint"), hint_use.c.hint, literal(0)).where(_between(hint_use)),
    select(literal("award"), award.c.points, award.c.solved).where(_between(award)),
)
PROGRESS = union_all(*_PROGRESS)
_STANDING = union_all(
    *_PROGRESS, select(literal("terms"), _TERMS.c.season_months, _TERMS.c.hidden + 2 * _TERMS.c.is_over)
)

_APPENDED = """
WITH new AS (
    INSERT INTO award (learner_id, posting_id, cause, points, solved, at)
    VALUES (:learner, :posting, :cause, :points, :solved, :at)
    ON CONFLICT DO NOTHING RETURNING id
), moved AS (
    INSERT INTO standing (community_id, "window", "key", learner_id, points, solved, hidden)
    SELECT :community, board."window", board."key", :learner, :points, :solved, :hidden
    FROM new, unnest(CAST(:windows AS text[]), CAST(:keys AS text[])) AS board("window", "key")
    ON CONFLICT (community_id, "window", "key", learner_id)
    DO UPDATE SET points = standing.points + excluded.points, solved = standing.solved + excluded.solved
    RETURNING "window", "key", points, hidden
), counted AS (
    INSERT INTO tally (community_id, "window", "key", points, learners)
    SELECT :community, moved."window", moved."key", line.points, line.learners
    FROM moved, LATERAL (VALUES (moved.points, 1), (moved.points - :points, -1)) AS line(points, learners)
    WHERE NOT moved.hidden AND :points <> 0 AND line.points > 0
)
SELECT id FROM new
"""
_OF_POSTGRESQL = text(_APPENDED).bindparams(bindparam("at", type_=award.c.at.type))


def progress_in(rows: Iterable[Any]) -> Progress:
    """What a learner has done on a posting, from the rows of :data:`PROGRESS`."""
    found = [tuple(row) for row in rows]
    hints = [hint for kind, hint, _ in found if kind == "hint"]
    awards = [(points, solved) for kind, points, solved in found if kind == "award"]
    return Progress(
        attempts=sum(count for kind, count, _ in found if kind == "attempt"),
        solved=sum(solved for _, solved in awards) > 0,
        hints_used=sum(hint != GAVE_UP for hint in hints),
        gave_up=GAVE_UP in hints,
        points=sum(points for points, _ in awards),
        revoked=sum(solved < 0 for _, solved in awards),
    )


async def look(
    connection: Connected, posting: Posting, learner: Learner, answered_at: datetime
) -> tuple[Progress, Standing]:
    """What a learner has done on a posting, and on what an award for an answer of ``answered_at`` depends."""
    asked = {"of_posting": posting.id, "of_learner": learner.id, "of_community": posting.community_id}
    asked_of = {**asked, "answered_at": answered_at}
    rows = [tuple(row) for row in await connection.execute(_STANDING, asked_of)]
    _, months, flags = next(row for row in rows if row[0] == "terms")
    terms = Terms(months, {learner.id} if flags % 2 else ())
    return progress_in(row for row in rows if row[0] != "terms"), Standing(terms, earns=flags < 2)


async def append(connection: Connected, new: Award, terms: Terms) -> bool:
    """Append to the ledger unless it is there already, and move the standings; whether it was appended."""
    if connection.dialect.name == "postgresql" and not new.posting.practice:
        number = await _append_at_once(connection, new, terms)
    else:
        number = await _append(connection, new, terms)
    if number is not None and not new.posting.practice and number % standings.MERGED_EVERY == 0:
        await standings.merge(connection, new.posting, terms)
    return number is not None


async def _append(connection: Connected, new: Award, terms: Terms) -> int | None:
    entry = {"cause": new.cause, "points": new.points, "solved": new.solved, "at": new.at}
    ids = {"learner_id": new.learner.id, "posting_id": new.posting.id}
    row = await insert_unless_there(connection, award, **ids, **entry)
    if row is not None and not new.posting.practice:
        await standings.move(connection, new.posting, terms, [Correction(new.learner.id, new.points, new.solved)])
    return None if row is None else int(row.id)


async def _append_at_once(connection: Connected, new: Award, terms: Terms) -> int | None:
    keys = window_keys(new.posting.local_date, terms.season_months)
    number = await connection.scalar(
        _OF_POSTGRESQL,
        {
            "learner": new.learner.id,
            "posting": new.posting.id,
            "community": new.posting.community_id,
            "cause": new.cause,
            "points": new.points,
            "solved": new.solved,
            "at": new.at,
            "hidden": new.learner.id in terms.hidden,
            "windows": [window.value for window in keys],
            "keys": list(keys.values()),
        },
    )
    return None if number is None else int(number)
