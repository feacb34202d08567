"""The ledger of awards, and what is read of it; see :mod:`bot.store.standings` for the places that follow from it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import (
    RowMapping,
    String,
    and_,
    bindparam,
    func,
    literal,
    select,
    true,
    union_all,
    update,
)
from sqlalchemy import cast as sql_cast

from bot.core.records import (
    Community,
    Correction,
    Learner,
    Message,
    Placed,
    Posting,
    PostingState,
    Progress,
    Window,
)
from bot.core.scoring import VOID
from bot.core.slots import SlotKind, slot
from bot.ledger import Around, Ledger
from bot.store import earning, standings
from bot.store.connection import Connected
from bot.store.earning import PROGRESS, Award, progress_in
from bot.store.engine import insert_all_new, insert_new, portions
from bot.store.postings import COUNTS
from bot.store.rows import message_in
from bot.store.standings import Terms
from bot.store.tables import award, community, hint_use, learner, message, posting, schedule, submission

_OF_POSTING = award.c.posting_id == bindparam("of_posting")
_COUNTS = select(
    select(func.count(submission.c.learner_id.distinct()))
    .select_from(submission)
    .join(posting)
    .where(posting.c.id == bindparam("of_posting"), COUNTS)
    .scalar_subquery(),
    select(func.coalesce(func.sum(award.c.solved), 0)).where(_OF_POSTING).scalar_subquery(),
)
_MONTHS = (
    select(community.c.season_months)
    .where(community.c.id == bindparam("of_community"))
    .with_for_update(read=True, key_share=True)
)
_AT_ONCE = 500
_SHOWN = (
    select(learner.c.id, learner.c.hidden)
    .where(learner.c.id.in_(bindparam("these", expanding=True)))
    .order_by(learner.c.id)
    .with_for_update(read=True)
)
_TAKE_BACK = (
    update(posting)
    .where(posting.c.id == bindparam("wanted"), posting.c.state != PostingState.VOID)
    .values(
        state=PostingState.VOID,
        closed_at=func.coalesce(posting.c.closed_at, bindparam("at", type_=posting.c.closed_at.type)),
    )
    .returning(posting.c.id)
)
_SUMS = (
    select(award.c.learner_id, func.sum(award.c.points).label("points"), func.sum(award.c.solved).label("solved"))
    .where(_OF_POSTING)
    .group_by(award.c.learner_id)
)
_HELP = select(hint_use).where(hint_use.c.posting_id == bindparam("of_posting"))
_POINTS = select(func.sum(award.c.points)).where(award.c.learner_id == bindparam("of_learner"))
_HAS_BOARD = select(schedule.c.board).where(
    schedule.c.community_id == bindparam("of_community"), schedule.c.channel == bindparam("named")
)
_BOARD_SLOTS = select((literal(f"{SlotKind.BOARD.value}:") + sql_cast(schedule.c.id, String)).label("slot")).where(
    schedule.c.community_id == bindparam("of_community"), schedule.c.board
)
_RECAPS = (
    select(message)
    .join(posting, message.c.slot == literal(f"{SlotKind.RECAP.value}:") + sql_cast(posting.c.id, String))
    .join(schedule)
    .where(
        schedule.c.community_id == bindparam("of_community"), message.c.shown_at.is_not(None), message.c.address != ""
    )
)
_IS_SHOWN = message.c.shown_at.is_not(None)
_KEPT = _BOARD_SLOTS.subquery()
_BOARDS = select(message).join(_KEPT, message.c.slot == _KEPT.c.slot).where(_IS_SHOWN)
# Joined by the slot, and not asked for by two conditions: that reads all messages there are.
_PUBLIC = union_all(select(bindparam("public", type_=message.c.slot.type).label("slot")), _BOARD_SLOTS).subquery()
_AROUND = (
    select(posting.c.closed_at.label("closed_at_now"), message)
    .select_from(posting)
    .join(_PUBLIC, true())
    .outerjoin(message, and_(message.c.slot == _PUBLIC.c.slot, _IS_SHOWN))
    .where(posting.c.id == bindparam("of_posting"))
)


def _shown_in(rows: Iterable[RowMapping]) -> tuple[Message, ...]:
    """In one order, in which they are written about: so that two at a time wait for each other instead of both."""
    return tuple(sorted(map(message_in, rows), key=lambda each: each.slot))


class SqlCompetition:
    """See :class:`bot.ledger.Competition`."""

    def __init__(self, connection: Connected) -> None:
        self._connection = connection

    async def earn(
        self,
        posting: Posting,
        learner: Learner,
        worth: Callable[[Progress], tuple[str, int] | None],
        at: datetime,
        *,
        answered_at: datetime,
    ) -> tuple[bool, Progress]:
        """Append what an answer is ``worth`` by what its learner has done; whether it was, and what they had done."""
        progress, standing = await earning.look(self._connection, posting, learner, answered_at)
        earned = worth(progress) if standing.earns else None
        if earned is None:
            return False, progress
        award = Award(posting, learner, *earned, at)
        return await earning.append(self._connection, award, standing.terms), progress

    async def void(self, posting: Posting, at: datetime) -> tuple[Correction, ...] | None:
        """Take a posting back and all that was earned on it, by corrections; ``None`` where it is void already."""
        # Whoever is about to earn something on it has it locked: from here on nobody earns anything.
        taken = await self._connection.execute(_TAKE_BACK, {"wanted": posting.id, "at": at})
        if taken.first() is None:
            return None
        sums = (await self.ledger(posting)).sums
        back = tuple(Correction(who, -points, -solved) for who, (points, solved) in sums.items() if points or solved)
        return await self.correct(posting, VOID, back, at)

    async def correct(
        self, posting: Posting, cause: str, corrections: Sequence[Correction], at: datetime
    ) -> tuple[Correction, ...]:
        """Append corrections for several learners, each unless it is there already; but for learners who are gone."""
        # First, and in one order: whoever is about to go has gone then, or goes when this is committed.
        hidden = await self._hidden([each.learner_id for each in corrections])
        there = tuple(each for each in corrections if each.learner_id in hidden)
        months = await self._connection.scalar(_MONTHS, {"of_community": posting.community_id})
        entry = {"posting_id": posting.id, "cause": cause, "at": at}
        entries = [{**entry, **asdict(each)} for each in sorted(there, key=lambda each: each.learner_id)]
        appended = set(await insert_all_new(self._connection, award, entries, award.c.learner_id))
        if appended and not posting.practice:
            terms = Terms(months, {who for who, is_hidden in hidden.items() if is_hidden})
            new = [each for each in there if each.learner_id in appended]
            await standings.move(self._connection, posting, terms, new)
        return there

    async def _hidden(self, learners: Sequence[int]) -> Mapping[int, bool]:
        """Whether each is hidden, of those that are there; nobody shows, hides or goes before this transaction ends."""
        found: dict[int, bool] = {}
        async for some in portions(sorted(learners), _AT_ONCE):
            found.update((row.id, row.hidden) for row in await self._connection.execute(_SHOWN, {"these": some}))
        return found

    async def ledger(self, posting: Posting) -> Ledger:
        """What everybody has earned on a posting, and the help they had."""
        asked = {"of_posting": posting.id}
        sums = {row.learner_id: (row.points, row.solved) for row in await self._connection.execute(_SUMS, asked)}
        help_used: dict[int, tuple[tuple[int, datetime], ...]] = {}
        for row in await self._connection.execute(_HELP, asked):
            help_used[row.learner_id] = (*help_used.get(row.learner_id, ()), (row.hint, row.at))
        return Ledger(sums, help_used)

    async def use_hint(self, posting: Posting, learner: Learner, index: int, at: datetime) -> None:
        """Record that a hint was shown (index from 0); ``index`` -1 stands for giving up. Idempotent."""
        use = {"posting_id": posting.id, "learner_id": learner.id, "hint": index, "at": at}
        await insert_new(self._connection, hint_use, **use)

    async def progress(self, posting: Posting, learner: Learner) -> Progress:
        """What the learner has done on this posting; what is void is no attempt."""
        asked = {"of_posting": posting.id, "of_learner": learner.id}
        return progress_in(await self._connection.execute(PROGRESS, asked))

    async def counts(self, posting: Posting) -> tuple[int, int]:
        """How many learners answered a posting, and how many solved it."""
        row = (await self._connection.execute(_COUNTS, {"of_posting": posting.id})).one()
        return row[0], row[1]

    async def board(self, community: Community, window: Window, key: str, top: int) -> tuple[Placed, ...]:
        """The first ``top`` places of the window named ``key``."""
        return await standings.board(self._connection, community, window, key, top)

    async def place(self, learner: Learner, window: Window, key: str) -> Placed | None:
        """The learner's own place on the board of their community, however far down; ``None`` without points."""
        return await standings.place(self._connection, learner, window, key)

    async def points(self, learner: Learner) -> int:
        """All points of a learner."""
        return await self._connection.scalar(_POINTS, {"of_learner": learner.id}) or 0

    async def hide(self, learner: Learner, *, hidden: bool) -> None:
        """Leave a learner out of every board, or put them back."""
        await standings.hide(self._connection, learner, hidden=hidden)

    async def count_seasons_anew(self, community: Community, season_months: int) -> None:
        """Give a community seasons of another length, the past ones too."""
        await standings.count_seasons_anew(self._connection, community, season_months)

    async def keep_board(self, schedule_id: int, *, kept: bool) -> None:
        """Whether a leaderboard is kept in the channel of the schedule with this id."""
        await self._connection.execute(update(schedule).where(schedule.c.id == schedule_id).values(board=kept))

    async def has_board(self, community: Community, channel: str) -> bool:
        """Whether a leaderboard is kept in that channel."""
        asked = {"of_community": community.id, "named": channel}
        return bool(await self._connection.scalar(_HAS_BOARD, asked))

    async def around(self, posting: Posting) -> Around:
        """What everybody sees of a posting and of its community's boards."""
        asked = {"of_posting": posting.id, "of_community": posting.community_id}
        asked_slot = {"public": slot(SlotKind.POSTING, posting.id)}
        rows = (await self._connection.execute(_AROUND, {**asked, **asked_slot})).mappings().all()
        shown = (row for row in rows if row[message.c.slot] is not None)
        return Around(rows[0]["closed_at_now"] if rows else None, _shown_in(shown))

    async def boards(self, community_id: int) -> tuple[Message, ...]:
        """The boards that are shown in channels of a community and kept up to date."""
        rows = (await self._connection.execute(_BOARDS, {"of_community": community_id})).mappings()
        return _shown_in(rows)

    async def recaps(self, community_id: int) -> tuple[Message, ...]:
        """What channels of a community were told of its seasons, where that can still be changed."""
        return _shown_in((await self._connection.execute(_RECAPS, {"of_community": community_id})).mappings())
