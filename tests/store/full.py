"""A database with rows in every table, and all of what it holds."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Boolean, Column, Date, Enum, Integer, Table, insert, select

from bot.core.questions import Question
from bot.core.records import Finding, Findings
from bot.core.verdicts import Verdict
from bot.store.codec import Document, PlainValue, UtcTime
from bot.store.engine import database_at
from bot.store.schema import metadata
from tests.store.scene import CODE, MONDAY, NOON, TRIAL, WRONG

DOCUMENTS: dict[type, Any] = {
    Question: CODE,
    Verdict: WRONG,
    Findings: Findings("q", "Title", (Finding("line 1", False, "What? 🧮", "Mend."),)),
}
TABLES = metadata.sorted_tables
Content = dict[str, list[tuple[Any, ...]]]


def value(column: Column[Any], number: int) -> Any:
    """Something a column may hold; another for another number."""
    kind = column.type
    if column.foreign_keys:
        (key,) = column.foreign_keys
        return value(key.column, number)
    if isinstance(kind, Document):
        return DOCUMENTS[kind.kind]
    if isinstance(kind, PlainValue):
        return {"x": TRIAL.inputs["x"], "n": number} if column.name != "mistakes" else []
    if isinstance(kind, Enum):
        return kind.enum_class(kind.enums[number % len(kind.enums)]) if kind.enum_class else kind.enums[0]
    if isinstance(kind, UtcTime):
        return NOON.replace(microsecond=number)
    if isinstance(kind, Date):
        return date.fromordinal(MONDAY.toordinal() + number)
    if isinstance(kind, Boolean):
        return number == 1
    if isinstance(kind, Integer):
        return number
    return f"{column.table.name}.{column.name} {number}: 'é🧮\n\";--"[: 16 if getattr(kind, "length", None) else None]


async def fill(url: str, count: int = 3) -> None:
    """Put ``count`` rows into every table, the last of a numbered one deleted again where nothing refers to it."""
    database = database_at(url)
    async with database.transaction() as connection:
        for table in TABLES:
            rows = [{each.name: value(each, number) for each in table.c} for number in range(1, count + 1)]
            if table.name == "question_version":
                rows = [{**row, "current": True} for row in rows]
            await connection.execute(insert(table), rows)
        for name in ("audit", "report"):
            table = metadata.tables[name]
            await connection.execute(table.delete().where(table.c.id == count))
    await database.close()


async def content(url: str) -> Content:
    """Every row of every table, as the core would get it."""
    database = database_at(url)
    async with database.transaction() as connection:
        found = {each.name: await _rows(connection, each) for each in TABLES}
    await database.close()
    return found


async def _rows(connection: Any, table: Table) -> list[tuple[Any, ...]]:
    rows = (await connection.execute(select(table).order_by(*table.primary_key))).all()
    return [tuple(row) for row in rows]
