"""Opening a posting for a day: whose turn it is, and what closes by it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from bot.core.choosing import level_on, turns, unasked
from bot.core.records import Community, Posting, QuestionVersion, Schedule
from bot.repositories import UnitOfWork
from bot.usecases.banks import has_trials
from bot.usecases.boards import season_opened
from bot.usecases.closing import close
from bot.usecases.parts import Parts


@dataclass(frozen=True, slots=True)
class NewPosting:
    """A posting that was opened; ``replaces``: another one came before it.

    ``is_new`` unless another process was faster. ``left`` of ``known`` questions were never asked on its schedule.
    """

    posting: Posting
    replaces: bool
    left: int
    known: int
    is_new: bool


async def open_posting(
    parts: Parts,
    work: UnitOfWork,
    community: Community,
    schedule: Schedule,
    day: date,
    at: datetime,
    due: datetime | None = None,
) -> NewPosting | None:
    """Post the question whose turn it is for ``day``, and close what is open before it; ``None`` without a question.

    ``due`` is when the schedule meant it to be posted; ``None`` where somebody opens it by hand or by a visit.
    """
    askable = parts.banks.askable(await work.questions.current(community))
    versions = {version.question.id: version for version in askable}
    questions = [version.question for version in askable]
    asked, queued = await work.postings.asked(schedule), await work.schedules.queued(schedule)
    order = turns(questions, asked, queued, level_on(day, schedule.mix))
    if not order:
        return None
    chosen = versions[order[0] if order[0] in queued else await _first_drawn(work, versions, order)]
    posting, is_new = await work.postings.claim(schedule, day, chosen, at, due)
    if is_new:
        await season_opened(work, posting, at)
        await work.schedules.dequeue(schedule, posting.version.question.id)
        for closed in await work.postings.closed_by(posting):
            await close(work, community, closed, at)
    left = unasked(questions, (*asked, posting.version.question.id))
    return NewPosting(posting, bool(asked), left, len(questions), is_new)


async def _first_drawn(work: UnitOfWork, versions: Mapping[str, QuestionVersion], order: Sequence[str]) -> str:
    """The first whose trials are drawn, else the first: drawing is what finds a question unsound.

    A day should not be spent on that.
    """
    for identity in order:
        if await has_trials(work, versions[identity]):
            return identity
    return order[0]
