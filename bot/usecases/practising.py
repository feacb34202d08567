"""Practising: another question than today's, for its own sake."""

from __future__ import annotations

from bot.core.calendar import local_date
from bot.core.cards import Card
from bot.core.commands import Command
from bot.core.effects import Show
from bot.core.personal import own
from bot.core.practice import choose_practice, matching
from bot.core.presenting.choices import no_practice_card, todays_card
from bot.core.presenting.postings import practice_card, standing_card
from bot.core.presenting.troubles import no_question_card
from bot.core.records import Posting, QuestionVersion
from bot.core.slots import SlotKind, slot
from bot.repositories import UnitOfWork
from bot.usecases.asking import of_today
from bot.usecases.parts import Effects, Parts
from bot.usecases.visiting import Caller, Visit, arrive


async def practise(parts: Parts, caller: Caller, command: Command) -> Effects:
    """Show a question that fits what was said, and where the caller stands on it; what there is when none fits.

    Where the command is about a posting, that one is in view, and another is shown.
    """
    at = parts.clock()
    async with parts.store.begin() as work:
        visit = await arrive(work, caller, at)
        posting = await _picked(parts, work, visit, command)
        if isinstance(posting, Posting):
            progress = await work.competition.progress(posting, visit.learner)
            last = await work.submissions.latest(posting, visit.learner)
    if isinstance(posting, Card):
        yield Show(posting)
        return
    parts.banks.touch(posting.version)
    mine = own(posting, visit.learner, parts.seeds)
    yield Show(practice_card(mine, progress, by_buttons=not caller.opens_day), slot=slot(SlotKind.TASK, posting.id))
    if standing := standing_card(posting, mine, progress, last):
        yield Show(standing)


async def _picked(parts: Parts, work: UnitOfWork, visit: Visit, command: Command) -> Posting | Card:
    opened = await of_today(parts, work, visit)
    todays = opened.posting.version.question.id if opened else ""
    askable = parts.banks.askable(await work.questions.current(visit.community))
    if not askable:
        return no_question_card()
    versions = [version for version in askable if version.question.id != todays]
    others = {version.question: version for version in versions}
    practised = await work.submissions.practised(visit.learner)
    shown = await work.postings.get(command.posting) if command.posting is not None else None
    in_view = shown.version.question.id if shown else ""
    chosen = choose_practice(matching(tuple(others), command.argument), practised, in_view)
    if chosen is None:
        if opened and todays == "-".join(command.argument.lower().split()):
            return todays_card(opened.posting.version.question)
        return no_practice_card(command.argument, tuple(others))
    return await _claimed(work, visit, others[chosen])


async def _claimed(work: UnitOfWork, visit: Visit, version: QuestionVersion) -> Posting:
    channel = f"practice/{version.question.id}"
    schedule = await work.communities.schedule(visit.community, channel, visit.schedule.zone, practice=True)
    # By its own clock: a community may live in several zones, and a schedule's dates must not go back.
    return await work.postings.claim(schedule, local_date(visit.at, schedule.zone), version, visit.at)
