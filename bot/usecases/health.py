"""How questions fare: for an admin who asks, and one who must hear that nobody solves a question."""

from __future__ import annotations

from datetime import datetime

from bot.core.administration import NoticeKind
from bot.core.effects import Show
from bot.core.health import nobody_solves
from bot.core.presenting.health import all_health_card, health_card, unknown_question_card, unsolved_text
from bot.core.presenting.notices import unsound_text
from bot.core.records import Community, Posting
from bot.repositories import UnitOfWork
from bot.usecases.notifying import tell_admin
from bot.usecases.parts import Effects, Parts
from bot.usecases.visiting import Caller, arrive


async def health(parts: Parts, caller: Caller, said: str) -> Effects:
    """Show how the questions asked in the caller's community fare, or the one whose id was said."""
    at, wanted = parts.clock(), said.strip().strip("`").lower()
    async with parts.store.begin() as work:
        visit = await arrive(work, caller, at)
        found = await work.health.of_questions(visit.community, wanted)
        await work.administration.record(visit.learner, "question health", wanted, at)
    if not wanted:
        yield Show(all_health_card(found))
        return
    yield Show(health_card(found[0]) if found else unknown_question_card(said))


async def alert_if_unsolved(work: UnitOfWork, community: Community, posting: Posting, at: datetime) -> None:
    """Tell an admin, once a posting, when many answered it and none was right."""
    if posting.practice:
        return
    attempts, learners = await work.health.unsolved(posting)
    if nobody_solves(attempts, learners):
        text = unsolved_text(posting, attempts, learners)
        await tell_admin(work, community, NoticeKind.UNSOLVED, str(posting.id), text, at)


async def alert_unsound(work: UnitOfWork, community: Community, posting: Posting, reason: str, at: datetime) -> None:
    """Tell an admin, once a version of a question, that it cannot be judged, and why."""
    about = f"version {posting.version.id}"
    await tell_admin(work, community, NoticeKind.UNSOUND, about, unsound_text(posting, reason), at)
