"""One submission on its way through the pool: who waits for it, and what already befell it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from sandbox.outcome import Doubtful
from sandbox.protocol import Ending, Job, Report, SandboxFault

MIN_LOST_CELLS, MAX_LOST_CELLS = 2, 6
"""A submission that ends fresh cells, which had passed their canaries, is itself the cause. One that keeps losing
cells together with others is put back to the caller without blame: something else is wrong."""


@dataclass(slots=True, eq=False)
class Work:
    """A job and the future that whoever sent it awaits; the first answer counts."""

    job: Job
    answer: asyncio.Future[Report]
    lost_cells: int = 0
    lost_fresh: int = 0
    was_doubtful: bool = False

    def settle(self, report: Report) -> None:
        """Answer, unless that has been done."""
        if not self.answer.done():
            self.answer.set_result(report)

    def fail(self, fault: SandboxFault) -> None:
        """Say that there will be no answer, unless there was one."""
        if not self.answer.done():
            self.answer.set_exception(fault)

    def doubted(self, doubt: Doubtful) -> bool:
        """Note that a run ended in doubt; whether it is to be run again."""
        if self.was_doubtful:
            self.settle(doubt.report)
        self.was_doubtful = True
        return not self.answer.done()

    def lost(self, fault: SandboxFault, *, is_evidence: bool) -> bool:
        """Note that its cell was lost; whether it is to be run again.

        ``is_evidence`` says that the cell was fresh and lost alone, so that nothing else is known to have ended it.
        """
        self.lost_cells += 1
        self.lost_fresh += is_evidence
        if self.lost_fresh >= MIN_LOST_CELLS:
            self.settle(Report(Ending.LOST_CELLS, detail=str(fault)[:200]))
        elif self.lost_cells >= MAX_LOST_CELLS:
            self.fail(fault)
        return not self.answer.done()  # it may have been answered before the cell was lost
