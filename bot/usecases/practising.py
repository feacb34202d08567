"""Practising: another question than today's, for its own sake."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from bot.core.calendar import local_date
from bot.core.cards import Card
from bot.core.commands import Command
from bot.core.effects import Show
from bot.core.personal import own
from bot.core.practice import Learned, choose_practice, matching
from bot.core.presenting.choices import no_practice_card, todays_card
from bot.core.presenting.postings import practice_card, standing_card
from bot.core.presenting.troubles import no_question_card
from bot.core.questions import Question
from bot.core.records import Posting, QuestionVersion
from bot.core.slots import SlotKind, slot
from bot.repositories import UnitOfWork
from bot.usecases.asking import of_today
from bot.usecases.memories import recollections
from bot.usecases.parts import Effects, Parts
from bot.usecases.visiting import Caller, Visit, arrive

LATELY = timedelta(hours=25)
"""So long a solved question waits for its next turn: its posting is a day's, and a day may have an hour more."""


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
    community = await work.learning.open_postings(visit.community)
    counting = {posting.version.question.id: posting.version.question for posting in community}
    askable = parts.banks.askable(await work.questions.current(visit.community))
    if not askable:
        return no_question_card()
    versions = [version for version in askable if version.question.id not in counting]
    others = {version.question: version for version in versions}
    fitting = matching(tuple(others), command.argument)
    chosen = await _chosen(work, visit, fitting, command.posting)
    if chosen is None:
        named = counting.get("-".join(command.argument.lower().split()))
        if named is not None:
            return todays_card(named, elsewhere=opened is None or named != opened.posting.version.question)
        return no_practice_card(command.argument, tuple(others))
    return await _claimed(work, visit, others[chosen])


async def _chosen(work: UnitOfWork, visit: Visit, fitting: Sequence[Question], in_view: int | None) -> Question | None:
    practised = await work.learning.practised(visit.learner)
    known = {each.topic: each for each in recollections(await work.learning.memories(visit.learner))}
    lately = await work.learning.solved_since(visit.learner, visit.at - LATELY)
    learned = Learned(visit.at, known, lately)
    shown = await work.postings.get(in_view) if in_view is not None else None
    if shown is None:
        return choose_practice(fitting, practised, learned=learned)
    identity = shown.version.question.id
    if (await work.competition.progress(shown, visit.learner)).attempts:
        # It has had its turn: what follows begins anew, with what is now the most urgent.
        others = [question for question in fitting if question.id != identity]
        return choose_practice(others or fitting, practised, learned=learned)
    return choose_practice(fitting, practised, identity, learned)


async def _claimed(work: UnitOfWork, visit: Visit, version: QuestionVersion) -> Posting:
    channel = f"practice/{version.question.id}"
    schedule = await work.communities.schedule(visit.community, channel, visit.schedule.zone, practice=True)
    # By its own clock: a community may live in several zones, and a schedule's dates must not go back.
    posting, _ = await work.postings.claim(schedule, local_date(visit.at, schedule.zone), version, visit.at)
    return posting
