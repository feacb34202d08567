"""The queue, kept by procrastinate in the same PostgreSQL; a job is put into it by the transaction it belongs to."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import psycopg
from procrastinate import PsycopgConnector
from procrastinate.jobs import Job
from procrastinate.manager import JobManager
from sqlalchemy import (
    Column,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
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
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.records import SubmissionState
from bot.queueing import ANSWER, JUDGE, Lane, Urgency
from bot.store.codec import PlainText, UtcTime
from bot.store.connection import Connected
from bot.store.engine import Columns, insert_or_change
from bot.store.schema import required
from bot.store.tables import submission

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
    *map(column, ("id", "queue_name", "queueing_lock", "worker_id", "attempts")),
    column("status", String),
)
_event = table("procrastinate_events", column("job_id"), column("at"), column("type", String))
_worker = table("procrastinate_workers", column("id"), column("last_heartbeat"))

_IS_WAITING = text("status = 'todo'")
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
    .where(_event.c.job_id == _job.c.id, text("type = 'started'"))
    .where(_event.c.at > func.now() - text(f"interval '{STUCK_MINUTES} minutes'"))
)
_AT_IT = exists().where(
    _job.c.queueing_lock == func.concat(f"{JUDGE}:", submission.c.id),
    or_(_IS_WAITING, text("status = 'doing'") & _STARTED_LATELY),
)
_LEFT_OVER = (
    select(submission.c.id)
    .where(submission.c.state == SubmissionState.STORED, submission.c.received_at < bindparam("before"), not_(_AT_IT))
    .order_by(submission.c.received_at, submission.c.id)
    .limit(bindparam("most", type_=Integer))
)


class SqlJobs:
    """See :class:`bot.queueing.Jobs`."""

    def __init__(self, connection: Connected) -> None:
        self._connection = connection

    async def judge(self, submission_id: int) -> None:
        """See :class:`bot.queueing.Jobs`."""
        await self._defer(JUDGE, submission_id, Lane.ANSWERS, Urgency.LIVE)

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
        await self._defer(ANSWER, number, lane, urgency)
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
        found: bytes | None = await self._connection.scalar(_ANSWERED, {"wanted": number})
        return found

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

    async def left_over(self, before: datetime, count: int) -> tuple[int, ...]:
        """See :class:`bot.queueing.Jobs`."""
        return tuple(await self._connection.scalars(_LEFT_OVER, {"before": before, "most": count}))

    async def sweep(self, before: datetime) -> None:
        """See :class:`bot.queueing.Jobs`."""
        await self._connection.execute(delete(request).where(request.c.asked_at < before))

    async def _defer(self, task: str, number: int, lane: Lane, urgency: Urgency) -> None:
        # Needs no pool of its own: the job is written on the connection of this transaction.
        manager = JobManager(PsycopgConnector())
        job = Job(
            id=None,
            queue=lane.value,
            lock=None,
            queueing_lock=f"{task}:{number}",
            task_name=task,
            task_kwargs={"number": number},
            priority=urgency.value,
        )
        await manager.defer_job_async(job, connection=await _driver(self._connection))


def _given(row: Columns) -> Mapping[str, Any]:
    return {"torch": row.torch}


async def _driver(connection: Connected) -> psycopg.AsyncConnection:
    assert isinstance(connection, AsyncConnection), "there is a queue in PostgreSQL alone"
    raw = (await connection.get_raw_connection()).driver_connection
    assert isinstance(raw, psycopg.AsyncConnection)
    return raw
