"""Competing: the boards, and one's own numbers."""

from __future__ import annotations

from bot.core.effects import Show
from bot.core.memory import Recollection, by_strength
from bot.core.presenting.boards import board_card, no_window_card, profile_card
from bot.core.presenting.topics import topic_blocks
from bot.core.records import Window
from bot.core.scoring import streak, window_keys
from bot.repositories import UnitOfWork
from bot.usecases.boards import day_of
from bot.usecases.memories import recollections
from bot.usecases.parts import Effects, Parts
from bot.usecases.visiting import Caller, Visit, arrive

TOP = 10
LAST_VERDICTS = 10


async def leaderboard(parts: Parts, caller: Caller, said: str) -> Effects:
    """Show the first places of a window, the season unless another is named, and the caller's own."""
    word = said.strip().lower() or Window.SEASON.value
    if word not in set(Window):
        yield Show(no_window_card(said))
        return
    window = Window(word)
    at = parts.clock()
    async with parts.store.begin() as work:
        visit = await arrive(work, caller, at)
        day = await day_of(work, visit.schedule, at)
        key = window_keys(day, visit.community.season_months)[window]
        top = await work.competition.board(visit.community, window, key, TOP)
        own = await work.competition.place(visit.learner, window, key)
    yield Show(board_card(window, key, top, own, visit.learner))


async def me(parts: Parts, caller: Caller) -> Effects:
    """Show the caller's points, place, streak, weakest topics and last verdicts."""
    at = parts.clock()
    async with parts.store.begin() as work:
        visit = await arrive(work, caller, at)
        points = await work.competition.points(visit.learner)
        day = await day_of(work, visit.schedule, at)
        key = window_keys(day, visit.community.season_months)[Window.SEASON]
        place = await work.competition.place(visit.learner, Window.SEASON, key)
        postings = await work.postings.answered(visit.schedule, visit.learner)
        recent = await work.submissions.recent(visit.learner, LAST_VERDICTS)
        known = await _known(work, visit)
    run = streak(postings, visit.today)
    topics = topic_blocks(known, at)
    yield Show(profile_card(visit.learner, points, place, run, postings, recent, visit.today, topics))


async def _known(work: UnitOfWork, visit: Visit) -> tuple[Recollection, ...]:
    """The topics the caller remembers, but for what only says which topics a question is about that they are still at.

    A question's topics would tell too much of it.
    """
    known = recollections(await work.learning.memories(visit.learner))
    for posting in await work.learning.open_postings(visit.community):
        if not (await work.competition.progress(posting, visit.learner)).is_open:
            topics, opened_at = posting.version.question.topics, posting.opened_at
            known = tuple(each for each in known if each.topic not in topics or each.reviewed_at < opened_at)
    return by_strength(known)
