"""What learners say is wrong."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, func, select

from bot.core.records import Learner, Posting, Submission
from bot.store.admin_tables import report
from bot.store.connection import Connected
from bot.store.engine import insert_unless_there

_THEIRS = report.c.learner_id == bindparam("of_learner")
_NUMBER = select(report.c.id).where(_THEIRS, report.c.event_id == bindparam("event"))
_COUNT = select(func.count()).where(_THEIRS, report.c.posting_id == bindparam("of_posting"))


class SqlReports:
    """See :class:`bot.ledger.Reports`."""

    def __init__(self, connection: Connected) -> None:
        self._connection = connection

    async def add(
        self, learner: Learner, posting: Posting, submission: Submission | None, event_id: str, text: str, at: datetime
    ) -> int | None:
        """Store a report; its number, or ``None`` where the same event stored it before."""
        about = {"posting_id": posting.id, "submission_id": submission.id if submission else None}
        new = {"learner_id": learner.id, "event_id": event_id, "text": text, "at": at}
        row = await insert_unless_there(self._connection, report, **about, **new)
        return None if row is None else int(row.id)

    async def has(self, learner: Learner, event_id: str) -> bool:
        """Whether this event stored one already."""
        return await self._connection.scalar(_NUMBER, {"of_learner": learner.id, "event": event_id}) is not None

    async def count(self, learner: Learner, posting: Posting) -> int:
        """How many a learner has sent about a posting."""
        return await self._connection.scalar(_COUNT, {"of_learner": learner.id, "of_posting": posting.id}) or 0
