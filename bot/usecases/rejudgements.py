"""What is known of postings whose answers are being judged again; a process that starts knows nothing of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.core.cards import Card
from bot.core.correcting import Regrading, regrade
from bot.core.presenting import corrections as cards
from bot.core.records import Case, Posting, QuestionVersion
from bot.core.verdicts import Verdict
from bot.repositories import UnitOfWork


@dataclass(slots=True)
class Rejudgement:
    """What is known so far of judging a posting again by the version ``to``; ``kept`` cannot be read by it."""

    to: QuestionVersion
    waiting: list[Case]
    verdicts: dict[int, Verdict] = field(default_factory=dict)
    kept: set[int] = field(default_factory=set)
    fault: str = ""
    total: int = 0

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


async def regrading_of(work: UnitOfWork, posting: Posting, found: Rejudgement) -> tuple[Regrading, tuple[Case, ...]]:
    """What the verdicts found so far would change now, and every judged answer there is."""
    cases = await work.submissions.of_posting(posting)
    ledger = await work.competition.ledger(posting)
    return regrade(found.to.question, cases, found.verdicts, ledger.sums, ledger.help_used), cases


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
