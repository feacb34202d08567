"""The card that says what became of an answer."""

from __future__ import annotations

from dataclasses import replace

from bot.core.calendar import local_date
from bot.core.cards import Card
from bot.core.personal import own
from bot.core.presenting.troubles import unreadable_card, unsound_card, waiting_card
from bot.core.presenting.verdicts import Aftermath, verdict_card
from bot.core.records import Case, SubmissionState
from bot.core.scoring import streak
from bot.repositories import UnitOfWork
from bot.usecases.parts import Parts

READ_DIFFERENTLY = (
    "The question is read differently now than when you answered it, so this answer does not count. Answer again."
)
AWARDED, REPEATED, REJUDGED = "awarded", "repeated", "rejudged"
WAITING, UNSOUND, VOIDED = "waiting", "unsound", "void"
"""What the outbox says beside a verdict, before a colon and the reason where there is one."""


async def outcome_card(parts: Parts, work: UnitOfWork, case: Case, detail: str = "", *, repeated: bool = False) -> Card:
    """The card that takes the place of "running": the verdict, or why there is none yet.

    ``detail`` is what the outbox says beside it; ``repeated``: the same answer came again.
    """
    submission, posting = case.submission, case.posting
    what, _, reason = detail.partition(":")
    if submission.verdict is not None:
        progress = await work.competition.progress(posting, case.learner)
        postings = await work.postings.answered(posting.schedule, case.learner)
        run = streak(postings, local_date(parts.clock(), posting.schedule.zone))
        after = Aftermath(
            what == AWARDED,
            progress,
            run,
            repeated or what == REPEATED,
            what == REJUDGED,
            int(reason) if what == REJUDGED and reason else 0,
        )
        card = verdict_card(own(posting, case.learner, parts.seeds), submission, submission.verdict, after)
    elif submission.state is SubmissionState.VOID:
        card = unreadable_card(reason or READ_DIFFERENTLY, submission.text)
    elif what == UNSOUND:
        card = unsound_card(case.question.title)
    else:
        card = waiting_card(submission, reason or "It has not been its turn yet.")
    return replace(card, about=posting.id)
