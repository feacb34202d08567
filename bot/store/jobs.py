"""The queue, kept by procrastinate in the same PostgreSQL; a job is put into it by the transaction it belongs to."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    and_,
    bindparam,
    column,
    delete,
    exists,
    func,
    insert,
    literal,
    not_,
    or_,
    select,
    table,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import insert as insert_into_postgresql

from bot.core.records import QuestionVersion, SubmissionState
from bot.queueing import ANSWER, JUDGE, Lane, Urgency
from bot.store.codec import PlainText, UtcTime
from bot.store.connection import Connected
from bot.store.engine import Columns, insert_or_change
from bot.store.rows import version_in
from bot.store.schema import required
from bot.store.tables import posting, question_version, submission

COUNTED = 1_000
"""Waiting jobs that are counted: whoever is told of so many need not know it more exactly."""
SILENT_SECONDS = 15.0
"""How long a judge that lives may give no sign of it."""
STUCK_MINUTES = 5
"""A job that has been at work for so long may have ended without its end being recorded."""

queue_metadata = MetaData()
request = Table(
    "request",
    queue_metadata,
    Column("id", Integer, primary_key=True),
    required("asked", LargeBinary),
    Column("answer", LargeBinary),
    required("asked_at", UtcTime),
)
"""What is asked of judges; no backup holds it, as whoever asked is gone by the time it is restored."""
proven_with = Table(
    "proven_with", queue_metadata, Column("id", Integer, primary_key=True), required("torch", PlainText)
)
"""One row, which the bot that started last wrote; after a restore the next one writes it again."""

# procrastinate makes these; see its schema.
_job = table(
    "procrastinate_jobs",
    *map(column, ("id", "queue_name", "task_name", "priority", "queueing_lock", "status")),
    column("args", JSONB),
)
_event = table("procrastinate_events", *map(column, ("job_id", "at", "type")))
_worker = table("procrastinate_workers", column("last_heartbeat"))

# Not a parameter: for one, the server would not use its index of the jobs that wait.
_IS_WAITING = _job.c.status == text("'todo'")
_PUT = insert_into_postgresql(_job).on_conflict_do_nothing()
"""procrastinate puts it in likewise, but fails where it waits already, and with it the transaction it belongs to."""
_WAITING = select(literal(1)).select_from(_job).where(_IS_WAITING, _job.c.queue_name == Lane.ANSWERS.value)
_AHEAD = select(func.count()).select_from(_WAITING.limit(COUNTED).subquery())
_HAS_JUDGE = select(
    exists().where(_worker.c.last_heartbeat > func.now() - text(f"interval '{SILENT_SECONDS} seconds'"))
)
"""A judge that stops takes its line out; one that was killed leaves it, and its heartbeat grows old."""
_ASKED = select(request.c.asked).where(request.c.id == bindparam("wanted"), request.c.answer.is_(None))
_ANSWERED = select(request.c.answer).where(request.c.id == bindparam("wanted"))
_ANSWER = update(request).where(request.c.id == bindparam("wanted")).values(answer=bindparam("given"))
_STARTED_LATELY = (
    exists()
    .where(_event.c.job_id == _job.c.id, _event.c.type == text("'started'"))
    .where(_event.c.at > func.now() - text(f"interval '{STUCK_MINUTES} minutes'"))
)
_AT_IT = exists().where(
    _job.c.queueing_lock == func.concat(f"{JUDGE}:", submission.c.id),
    or_(_IS_WAITING, (_job.c.status == text("'doing'")) & _STARTED_LATELY),
)
_IS_LEFT = and_(
    submission.c.state == SubmissionState.STORED, submission.c.received_at < bindparam("before"), not_(_AT_IT)
)
_OF = submission.join(posting, posting.c.id == submission.c.posting_id)
_LEFT_OVER = select(question_version).where(
    question_version.c.id.in_(select(posting.c.version_id).select_from(_OF).where(_IS_LEFT))
)
_LEFT_TO = (
    select(submission.c.id, posting.c.version_id)
    .select_from(_OF)
    .where(_IS_LEFT, posting.c.version_id.in_(bindparam("of", expanding=True)))
    .order_by(submission.c.id <= bindparam("after"), submission.c.received_at, submission.c.id)
    .limit(bindparam("most", type_=Integer))
)


class SqlJobs:
    """See :class:`bot.queueing.Jobs`."""

    def __init__(self, connection: Connected) -> None:
        self._connection = connection

    async def judge(self, submission_id: int) -> None:
        """See :class:`bot.queueing.Jobs`."""
        await self._put(JUDGE, submission_id, Lane.ANSWERS, Urgency.LIVE)

    async def ahead(self) -> int:
        """See :class:`bot.queueing.Jobs`."""
        return int(await self._connection.scalar(_AHEAD))

    async def has_judge(self) -> bool:
        """See :class:`bot.queueing.Jobs`."""
        return bool(await self._connection.scalar(_HAS_JUDGE))

    async def ask(self, asked: bytes, lane: Lane, urgency: Urgency, at: datetime) -> int:
        """See :class:`bot.queueing.Jobs`."""
        new = insert(request).returning(request.c.id)
        number = int(await self._connection.scalar(new, {"asked": asked, "asked_at": at}))
        await self._put(ANSWER, number, lane, urgency)
        return number

    async def asked(self, number: int) -> bytes | None:
        """See :class:`bot.queueing.Jobs`."""
        found: bytes | None = await self._connection.scalar(_ASKED, {"wanted": number})
        return found

    async def answer(self, number: int, answer: bytes) -> None:
        """See :class:`bot.queueing.Jobs`."""
        await self._connection.execute(_ANSWER, {"wanted": number, "given": answer})

    async def answered(self, number: int) -> bytes | None:
        """See :class:`bot.queueing.Jobs`."""
        found = (await self._connection.execute(_ANSWERED, {"wanted": number})).one_or_none()
        if found is None:
            raise LookupError(number)
        answer: bytes | None = found.answer
        return answer

    async def drop(self, number: int) -> None:
        """See :class:`bot.queueing.Jobs`."""
        await self._connection.execute(delete(request).where(request.c.id == number))

    async def prove_with(self, torch: str) -> None:
        """See :class:`bot.queueing.Jobs`."""
        await insert_or_change(self._connection, proven_with, {"id": 1, "torch": torch}, _given)

    async def proven_with(self) -> str | None:
        """See :class:`bot.queueing.Jobs`."""
        torch: str | None = await self._connection.scalar(select(proven_with.c.torch))
        return torch

    async def left_over(self, before: datetime) -> tuple[QuestionVersion, ...]:
        """See :class:`bot.queueing.Jobs`."""
        return tuple(map(version_in, (await self._connection.execute(_LEFT_OVER, {"before": before})).mappings()))

    async def left_to(
        self, versions: Collection[int], before: datetime, count: int, after: int = 0
    ) -> tuple[tuple[int, int], ...]:
        """See :class:`bot.queueing.Jobs`."""
        asked = {"of": list(versions), "before": before, "most": count, "after": after}
        return tuple((left.id, left.version_id) for left in await self._connection.execute(_LEFT_TO, asked))

    async def sweep(self, before: datetime) -> None:
        """See :class:`bot.queueing.Jobs`."""
        await self._connection.execute(delete(request).where(request.c.asked_at < before))

    async def _put(self, task: str, number: int, lane: Lane, urgency: Urgency) -> None:
        job = {
            "queue_name": lane.value,
            "task_name": task,
            "priority": urgency.value,
            "queueing_lock": f"{task}:{number}",
            "args": {"number": number},
        }
        await self._connection.execute(_PUT, job)


def _given(row: Columns) -> Mapping[str, Any]:
    return {"torch": row.torch}
