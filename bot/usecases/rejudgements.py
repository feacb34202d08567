"""What is known of postings whose answers are being judged again; a process that starts knows nothing of it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.core.cards import Card
from bot.core.correcting import Regrading, regrade
from bot.core.presenting import corrections as cards
from bot.core.records import Case, Delivery, Posting, QuestionVersion
from bot.core.slots import SlotKind, kind_of, number_of
from bot.core.verdicts import Verdict
from bot.repositories import UnitOfWork

YOUNG = timedelta(minutes=1)
"""How long what a run has to say is left to the process that makes it."""
ELSEWHERE_PAUSE = timedelta(seconds=2)
"""How soon another one looks again whether it has been said."""


@dataclass(slots=True)
class Rejudgement:
    """What is known so far of judging a posting again by the version ``to``.

    ``kept`` cannot be judged again: it cannot be read by that version, or its text has been emptied. ``over`` is set
    when nothing more will be found.
    """

    to: QuestionVersion
    waiting: list[Case]
    verdicts: dict[int, Verdict] = field(default_factory=dict)
    kept: set[int] = field(default_factory=set)
    fault: str = ""
    total: int = 0
    over: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def run(self) -> cards.Run:
        """How far it is."""
        return cards.Run(self.to, len(self.verdicts) + len(self.kept), self.total, len(self.kept), self.fault)

    def knows(self, case: Case) -> bool:
        """Whether it is known what becomes of an answer."""
        return case.submission.id in self.verdicts or case.submission.id in self.kept


class Rejudgements:
    """What was found by judging again: the latest few."""

    MOST = 8

    def __init__(self) -> None:
        self._by_posting: dict[int, Rejudgement] = {}

    def get(self, posting_id: int) -> Rejudgement | None:
        """What was found about a posting."""
        return self._by_posting.get(posting_id)

    def keep(self, posting_id: int, found: Rejudgement) -> None:
        """Remember it, and forget the oldest."""
        self._by_posting.pop(posting_id, None)
        self._by_posting[posting_id] = found
        while len(self._by_posting) > self.MOST:
            del self._by_posting[next(iter(self._by_posting))]

    def drop(self, posting_id: int) -> None:
        """It was put into place."""
        self._by_posting.pop(posting_id, None)

    def is_elsewhere(self, delivery: Delivery, at: datetime) -> bool:
        """Whether another process, which was at it a moment ago, knows what is to be shown, and this one does not."""
        if kind_of(delivery.slot) is not SlotKind.REJUDGE or self.get(number_of(delivery.slot)) is not None:
            return False
        return bool(delivery.detail) and at < datetime.fromisoformat(delivery.detail) + YOUNG


async def regrading_of(work: UnitOfWork, posting: Posting, found: Rejudgement) -> tuple[Regrading, tuple[Case, ...]]:
    """What the verdicts found so far would change now, and every judged answer there is."""
    cases = await work.submissions.of_posting(posting)
    ledger = await work.competition.ledger(posting)
    readable = {case.submission.id for case in cases if case.submission.text}
    verdicts = {number: verdict for number, verdict in found.verdicts.items() if number in readable}
    regrading = regrade(found.to.question, cases, verdicts, ledger.sums, ledger.help_used)
    return replace(regrading, waiting=await work.submissions.waiting(posting)), cases


async def found_card(rejudgements: Rejudgements, work: UnitOfWork, posting_id: int) -> tuple[Card, bool] | None:
    """What there is to say about judging a posting again, and whether that is the last word by itself."""
    posting = await work.postings.get(posting_id)
    found = rejudgements.get(posting_id)
    if posting is None:
        return None
    if found is None:
        return cards.interrupted_card(posting), True
    if found.fault:
        return cards.unjudged_card(posting, found.run), True
    if not found.run.is_over:
        return cards.rejudging_card(posting, found.run), False
    regrading, _ = await regrading_of(work, posting, found)
    return cards.dry_run_card(posting, found.run, regrading), True
