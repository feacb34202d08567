"""Privacy: what is kept of whoever asks, on the boards or not, as a file, or gone."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.core.cards import Card
from bot.core.effects import Show
from bot.core.keeping import DELETE_YES, HIDE_OFF, asked, export_text
from bot.core.presenting.privacy import (
    deleted_card,
    deletion_card,
    export_card,
    hidden_card,
    kept_card,
    no_privacy_card,
)
from bot.repositories import UnitOfWork
from bot.usecases.boards import boards_soon, recaps_soon
from bot.usecases.judging import shown_soon
from bot.usecases.parts import Effects, Parts
from bot.usecases.retrying import in_one_go
from bot.usecases.visiting import Caller, Visit, arrive


async def privacy(parts: Parts, caller: Caller, said: str) -> Effects:
    """Do what is asked about what is kept of the caller; deleting is warned of first."""
    wanted = asked(said)
    if wanted is None:
        yield Show(no_privacy_card(said))
        return
    at = parts.clock()

    async def act(work: UnitOfWork) -> tuple[Visit, Card]:
        visit = await arrive(work, caller, at)
        return visit, await _done(parts, work, visit, wanted)

    visit, card = await in_one_go(parts.store, act)
    if wanted == DELETE_YES:
        parts.drafts.forget(visit.learner)
    parts.wake()
    yield Show(card)


async def _done(parts: Parts, work: UnitOfWork, visit: Visit, wanted: str) -> Card:
    learner = visit.learner
    match wanted:
        case "hide":
            return await _hidden(work, visit, hidden=True)
        case w if w == HIDE_OFF:
            return await _hidden(work, visit, hidden=False)
        case "export":
            return export_card(await _export(parts, work, visit))
        case "delete":
            return deletion_card(await work.privacy.counts(learner))
        case w if w == DELETE_YES:
            await _forget(work, visit, visit.at)
            return deleted_card()
    return kept_card(learner, visit.community.name, await work.privacy.counts(learner), parts.retention)


async def _hidden(work: UnitOfWork, visit: Visit, *, hidden: bool) -> Card:
    if visit.learner.hidden != hidden:
        await work.competition.hide(visit.learner, hidden=hidden)
        await boards_soon(work, visit.community.id, visit.at)
        await recaps_soon(work, visit.community.id, visit.at)
    return hidden_card(replace(visit.learner, hidden=hidden))


async def _export(parts: Parts, work: UnitOfWork, visit: Visit) -> str:
    head = {
        "what": "everything Chainrule keeps of you in this community",
        "made_at": visit.at.isoformat(),
        "platform": visit.community.platform,
        "community": visit.community.name,
        "texts_are_kept_for_days": parts.retention.days,
    }
    return export_text(head, await work.privacy.everything(visit.learner))


async def _forget(work: UnitOfWork, visit: Visit, at: datetime) -> None:
    await work.privacy.forget(visit.learner)
    await boards_soon(work, visit.community.id, at)
    for posting in await work.learning.open_postings(visit.community):
        await shown_soon(work, await work.competition.around(posting), at, boards=False)
    await recaps_soon(work, visit.community.id, at)
