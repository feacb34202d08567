"""Asking: which question a day gets, and showing it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.core.calendar import choose_question
from bot.core.effects import Show, To
from bot.core.presenting.postings import posting_card, standing_card
from bot.core.presenting.troubles import no_question_card
from bot.core.questions import Question
from bot.core.records import Posting
from bot.ports import Store, UnitOfWork
from bot.usecases.parts import Effects, Parts
from bot.usecases.visiting import Caller, Visit, arrive


@dataclass(frozen=True, slots=True)
class Today:
    """The posting of the visitor's day. ``replaces``: this very visit opened it, and closed an earlier one."""

    posting: Posting
    replaces: bool


async def load_questions(store: Store, questions: Sequence[tuple[Question, str]]) -> None:
    """Make these questions, each with its digest, the ones that can be asked; what is missing is retired."""
    if not questions:
        # More likely a folder that could not be read than a wish to have no questions.
        return
    async with store.begin() as work:
        for question, digest in questions:
            await work.questions.add_version(question, digest)
        await work.questions.retire_missing([question.id for question, _ in questions])


async def today(parts: Parts, caller: Caller) -> Effects:
    """Show the question of the day, and to the caller alone where they stand."""
    at = parts.clock()
    async with parts.store.begin() as work:
        visit = await arrive(work, caller, at)
        opened = await posting_of(work, visit)
        if opened is not None:
            posting = opened.posting
            answered, solved = await work.competition.counts(posting)
            progress = await work.competition.progress(posting, visit.learner)
            last = await work.submissions.latest(posting, visit.learner)
    if opened is None:
        yield Show(no_question_card())
        return
    parts.banks.touch(posting.version)
    yield Show(posting_card(posting, answered, solved), To.PUBLIC, slot=f"posting:{posting.id}")
    if standing := standing_card(posting, progress, last):
        yield Show(standing)


async def posting_of(work: UnitOfWork, visit: Visit) -> Today | None:
    """The posting of the visitor's day, opened at its first touch; ``None`` while there is no question at all."""
    posting = await work.postings.open_for(visit.schedule, visit.today)
    if posting is not None:
        return Today(posting, replaces=False)
    versions = {version.question.id: version for version in await work.questions.current()}
    asked = await work.postings.asked(visit.schedule)
    chosen = choose_question(tuple(versions), asked)
    if chosen is None:
        return None
    posting = await work.postings.claim(visit.schedule, visit.today, versions[chosen], visit.at)
    return Today(posting, replaces=bool(asked))
