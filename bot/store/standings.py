"""Standings, and how many learners have how many points; both move with the ledger, in its transaction.

Whoever moves standings of several learners locks them in one order. Tallies are only added to: everybody's first answer
to a question moves the same numbers, and would wait for the one before to be on the disk.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, TypeAlias

from sqlalchemy import (
    Executable,
    Integer,
    Table,
    and_,
    bindparam,
    cast,
    delete,
    func,
    insert,
    literal,
    not_,
    select,
    update,
)

from bot.core.records import Community, Correction, Learner, Placed, Posting, Window
from bot.core.scoring import window_keys
from bot.store.connection import Connected
from bot.store.engine import inserting, portions
from bot.store.rows import learner_in
from bot.store.tables import award, community, learner, posting, schedule, standing, tally

MOST_BY_NAME = 200
"""Learners that may share the last place of a list and still be listed by name: all of them must be read for that."""
MERGED_EVERY = 100
"""Awards after which the lines of a board's tally are merged."""
_AT_ONCE = 100

_Moves: TypeAlias = "Counter[tuple[Window, str, int]]"


@dataclass(frozen=True, slots=True)
class Terms:
    """What an award depends on and must not change until it is committed."""

    season_months: int
    hidden: Collection[int] = frozenset()
    """Ids of learners who are hidden."""


def _of_board(table: Table) -> Any:
    return and_(
        table.c.community_id == bindparam("of_community"),
        table.c.window == bindparam("of_window"),
        table.c.key == bindparam("of_key"),
    )


# Of two lower bounds SQLite may use the one that leaves more: each query has one.
_VISIBLE = and_(_of_board(standing), not_(standing.c.hidden))
_LINES = select(standing.c.points, standing.c.solved, learner).select_from(standing).join(learner).where(_VISIBLE)
_SHARING = (
    select(func.sum(tally.c.learners))
    .where(_of_board(tally), tally.c.points == standing.c.points)
    .correlate(standing)
    .scalar_subquery()
    .label("sharing")
)
_FIRST = (
    _LINES.add_columns(_SHARING)
    .where(standing.c.points > 0)
    .order_by(standing.c.points.desc(), standing.c.learner_id.desc())
    .limit(bindparam("most", type_=Integer))
)
_BY_NAME = (
    _LINES.where(standing.c.points == bindparam("these"))
    .order_by(learner.c.name, learner.c.id)
    .limit(bindparam("most", type_=Integer))
)
_AHEAD = (
    select(func.sum(tally.c.learners))
    .where(_of_board(tally), tally.c.points > standing.c.points)
    .correlate(standing)
    .scalar_subquery()
    .label("ahead")
)
_OWN = select(standing.c.points, standing.c.solved, _AHEAD).where(
    _of_board(standing), standing.c.learner_id == bindparam("of_learner"), standing.c.points > 0
)


_WHICH = select(community.c.id).where(community.c.id == bindparam("which"))
_AS_IT_IS = _WHICH.with_for_update(read=True, key_share=True)
_ALONE = _WHICH.with_for_update()
_ADDED = insert(tally)
# Lines that another is merging just now are left to them.
_THEIRS = select(tally.c.id).where(_of_board(tally)).with_for_update(skip_locked=True)
_TAKEN = delete(tally).where(tally.c.id.in_(_THEIRS)).returning(tally.c.points, tally.c.learners)


async def board(connection: Connected, community: Community, window: Window, key: str, top: int) -> tuple[Placed, ...]:
    """See :meth:`bot.ledger.Competition.board`."""
    asked = {"of_community": community.id, "of_window": window, "of_key": key}
    rows = list((await connection.execute(_FIRST, {**asked, "most": top})).mappings())
    last = rows[-1][standing.c.points] if rows else 0
    sharing = [row for row in rows if row[standing.c.points] == last]
    if rows and len(sharing) < rows[-1]["sharing"] <= MOST_BY_NAME:
        # More share the last place than there is room for.
        by_name = await connection.execute(_BY_NAME, {**asked, "these": last, "most": len(sharing)})
        rows = [*rows[: -len(sharing)], *by_name.mappings()]
    rows.sort(key=lambda row: (-row[standing.c.points], row[learner.c.name], row[learner.c.id]))
    placed: list[Placed] = []
    for number, row in enumerate(rows, 1):
        points = row[standing.c.points]
        rank = placed[-1].rank if placed and placed[-1].points == points else number
        placed.append(Placed(rank, learner_in(row), points, row[standing.c.solved]))
    return tuple(placed)


async def place(connection: Connected, learner: Learner, window: Window, key: str) -> Placed | None:
    """See :meth:`bot.ledger.Competition.place`."""
    asked = {"of_community": learner.community_id, "of_window": window, "of_key": key}
    row = (await connection.execute(_OWN, {**asked, "of_learner": learner.id})).one_or_none()
    return None if row is None else Placed(1 + (row.ahead or 0), learner, row.points, row.solved)


async def move(connection: Connected, posting: Posting, terms: Terms, corrections: Sequence[Correction]) -> None:
    """Move the standings of every window of the posting's local date, of a learner only once."""
    keys = window_keys(posting.local_date, terms.season_months)
    ordered = sorted(corrections, key=lambda each: each.learner_id)
    moves: _Moves = Counter()
    async for portion in portions(ordered, _AT_ONCE):
        some = {each.learner_id: each for each in portion}
        rows = [
            {
                "community_id": posting.community_id,
                "window": window,
                "key": key,
                "learner_id": each.learner_id,
                "points": each.points,
                "solved": each.solved,
                "hidden": each.learner_id in terms.hidden,
            }
            for each in some.values()
            for window, key in keys.items()
        ]
        for row in await connection.execute(_moved(connection.dialect.name), rows):
            if not row.hidden:
                _count(moves, (row.window, row.key), row.points - some[row.learner_id].points, row.points)
    await _tallied(connection, posting.community_id, moves)


@functools.cache
def _moved(dialect: str) -> Executable:
    new = inserting(dialect, standing)
    moved: Executable = new.on_conflict_do_update(
        index_elements=list(standing.primary_key),
        set_={name: standing.c[name] + new.excluded[name] for name in ("points", "solved")},
    ).returning(standing.c.window, standing.c.key, standing.c.learner_id, standing.c.points, standing.c.hidden)
    return moved


def _count(moves: _Moves, of: tuple[Window, str], old: int, new: int) -> None:
    if old == new:
        return
    if old > 0:
        moves[(*of, old)] -= 1
    if new > 0:
        moves[(*of, new)] += 1


async def _tallied(connection: Connected, community_id: int, moves: _Moves) -> None:
    lines = [
        {"community_id": community_id, "window": window, "key": key, "points": points, "learners": count}
        for (window, key, points), count in moves.items()
        if count
    ]
    if lines:
        await connection.execute(_ADDED, lines)


async def merge(connection: Connected, posting: Posting, terms: Terms) -> None:
    """Have a single line for each number of points on the boards of the posting's local date."""
    for window, key in window_keys(posting.local_date, terms.season_months).items():
        asked = {"of_community": posting.community_id, "of_window": window, "of_key": key}
        moves: _Moves = Counter()
        for line in await connection.execute(_TAKEN, asked):
            moves[window, key, line.points] += line.learners
        await _tallied(connection, posting.community_id, moves)


async def hold_seasons(connection: Connected, community_id: int) -> None:
    """Have the seasons of a community keep their length until the end: to be called before learners are locked."""
    await connection.execute(_AS_IT_IS, {"which": community_id})


async def hide(connection: Connected, person: Learner, *, hidden: bool) -> None:
    """See :meth:`bot.ledger.Competition.hide`."""
    await hold_seasons(connection, person.community_id)
    await connection.execute(update(learner).where(learner.c.id == person.id).values(hidden=hidden))
    theirs = update(standing).where(standing.c.learner_id == person.id, standing.c.hidden != hidden)
    changed = theirs.values(hidden=hidden).returning(standing.c.window, standing.c.key, standing.c.points)
    moves: _Moves = Counter()
    for row in await connection.execute(changed):
        _count(moves, (row.window, row.key), *((row.points, 0) if hidden else (0, row.points)))
    await _tallied(connection, person.community_id, moves)


async def forget(connection: Connected, person: Learner) -> None:
    """Delete every award of a learner, and their places with them."""
    await hide(connection, person, hidden=True)
    await connection.execute(delete(standing).where(standing.c.learner_id == person.id))
    await connection.execute(delete(award).where(award.c.learner_id == person.id))


async def count_seasons_anew(connection: Connected, whose: Community, season_months: int) -> None:
    """See :meth:`bot.ledger.Competition.count_seasons_anew`."""
    # First, so that whoever is about to move a standing by the old length waits here, and then knows the new one; and
    # alone, so that whoever hides or goes just now has done so, or comes after and finds the new places.
    await connection.execute(_ALONE, {"which": whose.id})
    await connection.execute(update(community).where(community.c.id == whose.id).values(season_months=season_months))
    for table in (standing, tally):
        await connection.execute(delete(table).where(table.c.community_id == whose.id, table.c.window == Window.SEASON))
    scored = and_(schedule.c.community_id == whose.id, not_(schedule.c.practice))
    days = select(posting.c.local_date).join(schedule).where(scored).distinct().order_by(posting.c.local_date)
    seasons = groupby(await connection.scalars(days), key=lambda day: window_keys(day, season_months)[Window.SEASON])
    for key, dates in seasons:
        await _add_season(connection, whose, key, list(dates))


async def _add_season(connection: Connected, whose: Community, key: str, dates: Iterable[Any]) -> None:
    theirs = (literal(whose.id), literal(Window.SEASON, standing.c.window.type), literal(key))
    sums = (
        select(*theirs, award.c.learner_id, func.sum(award.c.points), func.sum(award.c.solved), learner.c.hidden)
        .join(posting, posting.c.id == award.c.posting_id)
        .join(schedule)
        .join(learner, learner.c.id == award.c.learner_id)
        .where(schedule.c.community_id == whose.id, not_(schedule.c.practice), posting.c.local_date.in_(dates))
        .group_by(award.c.learner_id, learner.c.hidden)
    )
    columns = [column.name for column in standing.c]
    await connection.execute(insert(standing).from_select(columns, sums))
    of_board = (standing.c.community_id, standing.c.window, standing.c.key, standing.c.points)
    counts = (
        select(*of_board, cast(func.count(), Integer))
        .where(
            standing.c.community_id == whose.id,
            standing.c.window == Window.SEASON,
            standing.c.key == key,
            standing.c.points > 0,
            not_(standing.c.hidden),
        )
        .group_by(*of_board)
    )
    await connection.execute(
        insert(tally).from_select([column.name for column in tally.c if column.name != "id"], counts)
    )
