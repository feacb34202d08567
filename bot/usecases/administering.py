"""Administering: what whoever runs a community does from chat."""

from __future__ import annotations

from bot.core.effects import Show
from bot.core.presenting.troubles import already_posted_card, no_question_card, posted_card, taken_back_card
from bot.core.records import PostingState
from bot.core.slots import SlotKind, slot
from bot.usecases.asking import opened_for
from bot.usecases.parts import Effects, Parts
from bot.usecases.visiting import Caller, arrive


async def post_now(parts: Parts, caller: Caller) -> Effects:
    """Post today's question in the caller's channel, once a day; where it never got there, again."""
    at = parts.clock()
    async with parts.store.begin() as work:
        visit = await arrive(work, caller, at, here=True)
        opened = await opened_for(parts, work, visit)
        if opened is not None and opened.posting.state is not PostingState.VOID:
            name = slot(SlotKind.POSTING, opened.posting.id)
            is_there = await work.messages.find(name) is not None
            if not is_there:
                # Whoever posts it is told when that fails.
                await work.outbox.put(name, caller.platform, None, at, str(visit.learner.id))
    if opened is None:
        yield Show(no_question_card())
        return
    if opened.posting.state is PostingState.VOID:
        yield Show(taken_back_card(opened.posting, ""))
        return
    parts.banks.touch(opened.posting.version)
    parts.wake()
    yield Show(already_posted_card(opened.posting) if is_there else posted_card(opened.posting))
