"""The leaderboards that everybody sees: one kept up to date in a channel, and what is said when a season ends."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from bot.core.calendar import local_date
from bot.core.cards import Card
from bot.core.effects import Show, To
from bot.core.presenting.boards import public_board_card
from bot.core.presenting.recaps import Recap, recap_card
from bot.core.presenting.settling import BOARD_SETTING
from bot.core.records import Community, Delivery, Message, Posting, Schedule, Window
from bot.core.scoring import longest_runs, season_start, window_keys
from bot.core.slots import SlotKind, number_of, slot
from bot.ports import Destination
from bot.repositories import UnitOfWork
from bot.usecases.visiting import Visit

TOP = 10
RECAP_TOP = 3
BOARD_EVERY = timedelta(minutes=1)
"""A board in a channel is edited no more often than this."""
RECAP_PATIENCE = timedelta(minutes=10)
"""How long a season's recap waits for answers that have no verdict yet."""


async def boards_soon(work: UnitOfWork, community_id: int, at: datetime) -> None:
    """Have the boards in a community's channels shown anew, each at most once every :data:`BOARD_EVERY`."""
    await _soon(work, await work.competition.boards(community_id), at)


async def recaps_soon(work: UnitOfWork, community_id: int, at: datetime) -> None:
    """Have what a community's channels were told of seasons that ended shown anew, as rarely."""
    await _soon(work, await work.competition.recaps(community_id), at)


async def _soon(work: UnitOfWork, shown: Sequence[Message], at: datetime) -> None:
    for message in shown:
        assert message.shown_at is not None, "only those that are shown are asked for"
        await work.outbox.put(message.slot, message.platform, None, max(at, message.shown_at + BOARD_EVERY))


async def settle_board(work: UnitOfWork, visit: Visit, value: str) -> str:
    """Have a board kept up to date in the caller's channel, or no longer; what is wrong with the value."""
    if value not in ("on", "off"):
        return BOARD_SETTING
    channel = await work.communities.schedule(visit.community, visit.caller.channel, visit.schedule.zone)
    name = slot(SlotKind.BOARD, channel.id)
    await work.competition.keep_board(channel.id, kept=value == "on")
    await work.administration.record(visit.learner, "settings", f"board {value} in {channel.channel}", visit.at)
    if value == "on" or await work.messages.find(name) is not None:
        await work.outbox.put(name, visit.community.platform, None, visit.at)
    return ""


async def day_of(work: UnitOfWork, schedule: Schedule, at: datetime) -> date:
    """The date whose boards are shown ``at`` that time: that of the latest question, for which points are earned.

    So nobody plays for a board that is not shown, on the days between two questions or while one stays open.
    """
    latest = await work.postings.latest(schedule)
    return local_date(at, schedule.zone) if latest is None else latest.local_date


async def board_card(work: UnitOfWork, schedule: Schedule, day: date) -> Card:
    """The board of the season of ``day`` as the channel of ``schedule`` sees it."""
    community = await work.communities.community_of(schedule.community_id)
    key = window_keys(day, community.season_months)[Window.SEASON]
    top = await work.competition.board(community, Window.SEASON, key, TOP)
    return public_board_card(key, top, kept=schedule.board)


async def season_opened(work: UnitOfWork, posting: Posting, at: datetime) -> None:
    """Have everybody told how the season before went, where ``posting`` is the community's first of a new one.

    To be called in the transaction that opens a posting.
    """
    if posting.practice:
        return
    community = await work.communities.community_of(posting.community_id)
    begins = season_start(posting.local_date, community.season_months)
    if await work.health.first_since(posting, begins):
        due = at + RECAP_PATIENCE if await work.health.is_waiting(posting) else at
        await work.outbox.put(slot(SlotKind.RECAP, posting.id), community.platform, None, due)
    await boards_soon(work, community.id, at)


async def recap(work: UnitOfWork, delivery: Delivery, address: str, *, again: bool) -> tuple[Show, Destination] | None:
    """What is said of the season that ended when the posting of this slot opened."""
    posting = await work.postings.get(number_of(delivery.slot))
    if posting is None:
        return None
    community = await work.communities.community_of(posting.community_id)
    until = season_start(posting.local_date, community.season_months)
    last = await work.health.last_before(posting, until)
    if last is None:
        return None
    card = recap_card(await _season(work, community, season_start(last, community.season_months), last))
    to = Destination(community.external_id, posting.schedule.channel, "", address, again=again)
    return Show(card, To.PUBLIC, delivery.slot), to


async def _season(work: UnitOfWork, community: Community, start: date, last: date) -> Recap:
    key = window_keys(start, community.season_months)[Window.SEASON]
    postings = await work.health.between(community, start, last + timedelta(days=1))
    best, holders = 0, frozenset[int]()
    for schedule_id in {posting.schedule.id for posting, _, _ in postings}:
        # One after the other: all answers of a season at once might hold everybody up.
        theirs = [posting for posting, _, _ in postings if posting.schedule.id == schedule_id]
        runs = longest_runs([await work.health.who_answered(posting) for posting in theirs])
        best, holders = max((best, holders), runs, key=lambda found: found[0])
    people = [await work.communities.learner_with(number) for number in sorted(holders)[:RECAP_TOP]]
    answered = [found for found in postings if found[1]]
    hardest = min(answered, key=lambda found: (found[2] / found[1], -found[1]), default=None)
    return Recap(
        key=key,
        postings=len(postings),
        solvers=await work.health.solvers(community, Window.SEASON, key),
        top=await work.competition.board(community, Window.SEASON, key, RECAP_TOP),
        run=best,
        runners=tuple(person.name for person in people),
        more_runners=len(holders) - len(people),
        hardest=hardest and (hardest[0].version.question.title, hardest[1], hardest[2]),
    )
