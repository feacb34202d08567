"""All that is known of one person, wherever it is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Executable,
    Select,
    String,
    Table,
    and_,
    bindparam,
    cast,
    delete,
    func,
    literal,
    or_,
    select,
    update,
)

from bot.core.administration import NoticeKind
from bot.core.records import Learner, SubmissionState, UploadState
from bot.core.slots import SlotKind
from bot.store import standings
from bot.store.admin_tables import audit, notice, report, upload
from bot.store.backup_rows import packed, raw
from bot.store.codec import Document
from bot.store.connection import Connected
from bot.store.schema import metadata
from bot.store.tables import (
    community,
    learner,
    message,
    outbox,
    posting,
    question_version,
    submission,
)
from bot.tenancy import Rows

_WHO = bindparam("who", type_=learner.c.id.type)


def _is_theirs(table: Table) -> bool:
    return any(key.column is learner.c.id for key in table.foreign_keys)


THEIRS: tuple[Table, ...] = tuple(table for table in metadata.sorted_tables if _is_theirs(table))
"""Tables whose rows belong to a learner."""


def slots_of(kind: SlotKind, ids: Select[tuple[int]]) -> Select[tuple[str]]:
    """The names of the messages of a kind about the things with these ids."""
    those = ids.subquery()
    return select(literal(f"{kind.value}:") + cast(those.c[0], String))


_REPORTED = select(cast(report.c.id, String)).where(report.c.learner_id == _WHO)
_REPORTS = and_(notice.c.kind == NoticeKind.REPORT, notice.c.about.in_(_REPORTED))
_THEIR_SLOTS = (
    slots_of(SlotKind.VERDICT, select(submission.c.id).where(submission.c.learner_id == _WHO)),
    slots_of(SlotKind.UPLOAD, select(upload.c.id).where(upload.c.learner_id == _WHO)),
    slots_of(SlotKind.NOTICE, select(notice.c.id).where(_REPORTS)),
    select(outbox.c.slot).where(outbox.c.learner_id == _WHO),
)
_FORGET: tuple[Executable, ...] = (
    *(delete(message).where(message.c.slot.in_(slots)) for slots in _THEIR_SLOTS),
    *(delete(outbox).where(outbox.c.slot.in_(slots)) for slots in _THEIR_SLOTS[:3]),
    # A posting on its way names the admin who asked for it.
    update(outbox)
    .where(outbox.c.learner_id.is_(None), outbox.c.slot.startswith("posting:"), outbox.c.detail == cast(_WHO, String))
    .values(detail=""),
    delete(notice).where(_REPORTS),
    # What they were still to be told as an admin waits for the next one who is.
    update(outbox)
    .where(outbox.c.learner_id == _WHO, outbox.c.slot.startswith("notice:"))
    .values(learner_id=None, kept=True),
    update(report)
    .where(report.c.submission_id.in_(select(submission.c.id).where(submission.c.learner_id == _WHO)))
    .values(submission_id=None),
    update(audit).where(audit.c.learner_id == _WHO).values(learner_id=None, detail=""),
    update(community).where(community.c.keeper_id == _WHO).values(keeper_id=None),
    *(delete(table).where(table.c.learner_id == _WHO) for table in reversed(THEIRS) if table is not audit),
    delete(learner).where(learner.c.id == _WHO),
)
_HELD = select(learner.c.id).where(learner.c.id == _WHO).with_for_update()
_HAS_TEXT = submission.c.text != ""
_PAGE = (
    select(submission.c.id, submission.c.received_at, _HAS_TEXT.label("has_text"))
    .where(submission.c.id > bindparam("after"))
    .order_by(submission.c.id)
    .limit(bindparam("most", type_=submission.c.id.type))
)
# Read where nobody can give another verdict meanwhile. Who waits for nobody holds nobody up: the next time will do.
_WRITTEN = (
    select(submission.c.id, submission.c.verdict)
    .where(
        submission.c.id.in_(bindparam("these", expanding=True)),
        _HAS_TEXT,
        submission.c.state != SubmissionState.STORED,
    )
    .order_by(submission.c.id)
    .with_for_update(skip_locked=True)
)
_EMPTIED = (
    update(submission)
    .where(submission.c.id == bindparam("wanted"))
    .values(text="", verdict=bindparam("kept", type_=submission.c.verdict.type))
)
_BEFORE = bindparam("before", type_=report.c.at.type)
_DECIDED = upload.c.state.in_((UploadState.PUBLISHED, UploadState.REFUSED, UploadState.DISCARDED))
_OLD_TEXTS: tuple[Executable, ...] = (
    update(report).where(report.c.at < _BEFORE, report.c.text != "").values(text=""),
    update(notice).where(notice.c.at < _BEFORE, notice.c.text != "").values(text=""),
    update(upload)
    .where(upload.c.received_at < _BEFORE, _DECIDED, or_(upload.c.text != "", upload.c.findings.is_not(None)))
    .values(text="", findings=None),
)
_EXPIRED = delete(message).where(message.c.expires_at < bindparam("expired", type_=message.c.expires_at.type))


class SqlPrivacy:
    """See :class:`bot.tenancy.Privacy`."""

    def __init__(self, connection: Connected) -> None:
        self._connection = connection

    async def counts(self, learner: Learner) -> Mapping[str, int]:
        """How many rows of each table are theirs, but for their own."""
        count = {}
        for table in THEIRS:
            query = select(func.count()).select_from(table).where(table.c.learner_id == _WHO)
            count[table.name] = int(await self._connection.scalar(query, {"who": learner.id}))
        return count

    async def everything(self, person: Learner) -> Rows:
        """Every row that is theirs; where it is about a posting, with its question and date."""
        found = {"learner": await self._rows(learner, learner.c.id.name, person)}
        for table in THEIRS:
            found[table.name] = await self._rows(table, "learner_id", person)
        abouts = await self._abouts(
            {row["posting_id"] for rows in found.values() for row in rows if "posting_id" in row}
        )
        return {
            name: [{**row, **abouts.get(row.get("posting_id"), {})} for row in rows] for name, rows in found.items()
        }

    async def _rows(self, table: Table, column: str, person: Learner) -> list[dict[str, Any]]:
        plain = raw(table)
        query = (
            select(plain)
            .where(plain.c[column] == person.id)
            .order_by(*(plain.c[key.name] for key in table.primary_key))
        )
        rows = (await self._connection.execute(query)).all()
        return [_readable(table, packed(table, row)) for row in rows]

    async def _abouts(self, postings: set[Any]) -> dict[Any, dict[str, Any]]:
        query = select(posting.c.id, posting.c.local_date, question_version.c.content).join(question_version)
        rows = await self._connection.execute(query.where(posting.c.id.in_(postings)))
        return {row.id: {"date": row.local_date.isoformat(), "question": row.content.title} for row in rows}

    async def forget(self, learner: Learner) -> None:
        """Delete all of it, and take their name from what must stay: what they did as an admin."""
        # First of all: whoever records something for them holds these too, so neither waits for the other's rows.
        await standings.hold_seasons(self._connection, learner.community_id)
        await self._connection.execute(_HELD, {"who": learner.id})
        await standings.forget(self._connection, learner)
        for statement in _FORGET:
            await self._connection.execute(statement, {"who": learner.id})

    async def empty_old_texts(self, before: datetime, after: int, most: int) -> tuple[int | None, bool]:
        """Empty what people wrote before that time, and what was said of it; that there was a verdict stays."""
        page = (await self._connection.execute(_PAGE, {"after": after, "most": most})).all()
        old = [row for row in page if row.received_at < before]
        written = [row.id for row in old if row.has_text]
        emptied = [
            {
                "wanted": row.id,
                "kept": row.verdict and replace(row.verdict, message="", failing=None, failure=None, output=""),
            }
            for row in await self._connection.execute(_WRITTEN, {"these": written})
        ]
        if emptied:
            await self._connection.execute(_EMPTIED, emptied)
        return max((row.id for row in old), default=None), len(emptied) == len(written)

    async def empty_old_reports(self, before: datetime, expired: datetime) -> None:
        """The same of reports, notices and uploads that are decided; and delete addresses that ``expired`` before."""
        for statement in _OLD_TEXTS:
            await self._connection.execute(statement, {"before": before})
        await self._connection.execute(_EXPIRED, {"expired": expired})


def _readable(table: Table, row: list[Any]) -> dict[str, Any]:
    """A row by its columns, its documents read."""
    return {
        column.name: json.loads(value) if value is not None and isinstance(column.type, Document) else value
        for column, value in zip(table.c, row, strict=True)
    }
