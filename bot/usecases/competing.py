"""Competing: the boards, and one's own numbers."""

from __future__ import annotations

from bot.core.effects import Show
from bot.core.presenting.boards import board_card, no_window_card, profile_card
from bot.core.records import Window
from bot.core.scoring import streak, window_keys
from bot.usecases.parts import Effects, Parts
from bot.usecases.visiting import Caller, arrive

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
        key = window_keys(visit.today, visit.community.season_months)[window]
        top = await work.competition.board(visit.community, window, key, TOP)
        own = await work.competition.place(visit.learner, window, key)
    yield Show(board_card(window, key, top, own, visit.learner))


async def me(parts: Parts, caller: Caller) -> Effects:
    """Show the caller's points, place, streak and last verdicts."""
    at = parts.clock()
    async with parts.store.begin() as work:
        visit = await arrive(work, caller, at)
        points = await work.competition.points(visit.learner)
        key = window_keys(visit.today, visit.community.season_months)[Window.SEASON]
        place = await work.competition.place(visit.learner, Window.SEASON, key)
        postings = await work.postings.answered(visit.schedule, visit.learner)
        recent = await work.submissions.recent(visit.learner, LAST_VERDICTS)
    run = streak(postings, visit.today)
    yield Show(profile_card(visit.learner, points, place, run, postings, recent, visit.today))
