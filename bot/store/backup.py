"""Backing up and restoring: every row of every table, in a form that both databases can take.

Rows go as they are stored, a few at a time: no document is read, and no value built from its bytes.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Table, func, insert, literal, select, text, tuple_

from bot.ports import StoreUnavailable
from bot.store.backup_file import DAMAGED, BadBackup, Writer, lines, writing
from bot.store.backup_rows import packed, raw, unpacked
from bot.store.connection import Connected, Database
from bot.store.engine import database_at
from bot.store.faults import translated, usable
from bot.store.migrating import expect_current, upgrade
from bot.store.schema import HEAD, metadata

FORMAT = 1
PAGE = 100
"""Rows in memory at a time."""
TABLES: tuple[Table, ...] = tuple(metadata.sorted_tables)
"""What is referred to comes before what refers to it."""


async def back_up(url: str, path: Path) -> int:
    """Write all there is at one moment at ``url`` into a new file; the number of rows. A bot may go on meanwhile.

    Raises :class:`bot.ports.StoreUnavailable`; then there is no file.
    """
    database = _database(url)
    try:
        with writing(path) as file, translated(database.url):
            async with database.snapshot() as connection:
                await expect_current(connection)
                return await _write(connection, file)
    finally:
        await database.close()


async def restore(url: str, path: Path) -> int:
    """Bring all rows of a backup into the empty database at ``url``, or none of them; how many.

    Raises :class:`bot.ports.StoreUnavailable`; then nothing was changed.
    """
    _expect_restorable(path)
    with usable():
        database = database_at(url)
    try:
        with translated(database.url):
            await database.prepare()
            async with database.transaction() as connection:
                await upgrade(connection)
                await _expect_empty(connection)
                return await _read(connection, path)
    finally:
        await database.close()


def _database(url: str) -> Database:
    with usable():
        database = database_at(url)
    file = database.url.database or ""
    if database.url.get_backend_name() == "sqlite" and not os.path.exists(file):
        raise StoreUnavailable(
            f"There is no database at {file}. Set DATABASE_URL or CHAINRULE_HOME to the one you use."
        )
    return database


async def _write(connection: Connected, file: Writer) -> int:
    counts = {each.name: await _count(connection, each) for each in TABLES}
    file.line({"chainrule backup": FORMAT, "revision": HEAD, "rows": counts})
    for each in TABLES:
        file.line({"table": each.name, "columns": each.c.keys(), "given": await _given(connection, each)})
        await _write_rows(connection, each, file)
    return sum(counts.values())


async def _count(connection: Connected, of: Table) -> int:
    return int(await connection.scalar(select(func.count()).select_from(of)))


async def _write_rows(connection: Connected, of: Table, file: Writer) -> None:
    """Page by page by the primary key: a driver may fetch whatever a statement selects at once."""
    plain = raw(of)
    keys = [plain.c[column.name] for column in of.primary_key]
    places = [plain.c.keys().index(key.name) for key in keys]
    first = select(plain).order_by(*keys).limit(PAGE)
    rows = (await connection.execute(first)).all()
    while rows:
        for row in rows:
            file.line(packed(of, row))
        last = tuple_(*(literal(rows[-1][place]) for place in places))
        rows = (await connection.execute(first.where(tuple_(*keys) > last))).all()


async def _given(connection: Connected, of: Table) -> int | None:
    """The highest number that was given to a row, which may be gone; ``None`` where it does not matter then."""
    if not of.dialect_options["sqlite"]["autoincrement"]:
        return None
    if connection.dialect.name == "sqlite":
        given = await connection.scalar(text("SELECT seq FROM sqlite_sequence WHERE name = :of"), {"of": of.name})
        return given or 0
    sequence = await connection.scalar(text("SELECT pg_get_serial_sequence(:of, 'id')"), {"of": of.name})
    return int(await connection.scalar(text(f"SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {sequence}")))  # noqa: S608


def _expect_restorable(path: Path) -> None:
    """Read a backup once without doing anything, so that what is wrong with it is known beforehand."""
    whole = lines(path)
    head = next(whole, None)
    if not isinstance(head, dict) or "chainrule backup" not in head:
        raise BadBackup(f"{path} is no backup of chainrule's. Nothing was restored.")
    if head["chainrule backup"] != FORMAT or head.get("revision") != HEAD:
        raise BadBackup(
            f"{path} was made by another chainrule (format {head['chainrule backup']}, tables at revision "
            f"{head.get('revision')}; this one has {FORMAT} and {HEAD}). Restore it with that one, then run "
            "`chainrule migrate` with this one."
        )
    for _ in whole:
        pass


_EMPTIED = {
    "sqlite": "move the file away, or set DATABASE_URL to another one",
    "postgresql": "make another with CREATE DATABASE and name that in DATABASE_URL, or empty this one, with all bots "
    "and judges stopped, as docs/deploy.md says",
}


async def _expect_empty(connection: Connected) -> None:
    for each in TABLES:
        if await connection.scalar(select(literal(1)).select_from(each).limit(1)):
            raise BadBackup(
                f"The database holds rows already (in {each.name}), and was left as it is. Restore into an empty one: "
                f"{_EMPTIED[connection.dialect.name]}."
            )


async def _read(connection: Connected, path: Path) -> int:
    whole = lines(path)
    counts = next(whole)["rows"]
    line = next(whole, None)
    for each in TABLES:
        if not isinstance(line, dict) or (line.get("table"), line.get("columns")) != (each.name, each.c.keys()):
            raise BadBackup(DAMAGED.format(path=path, why=f"the table {each.name} is not where it should be"))
        given, count, line = line["given"], 0, next(whole, None)
        while isinstance(line, list):
            page, line = _page(line, whole)
            await connection.execute(insert(raw(each)), [_unpacked(path, each, row) for row in page])
            count += len(page)
        if count != counts[each.name]:
            raise BadBackup(DAMAGED.format(path=path, why=f"rows of {each.name} are missing"))
        await _give(connection, each, given)
    return sum(counts.values())


def _page(first: list[Any], whole: Iterator[Any]) -> tuple[list[list[Any]], Any]:
    """Up to :data:`PAGE` rows, and the line after them."""
    page = [first]
    for line in whole:
        if not isinstance(line, list) or len(page) == PAGE:
            return page, line
        page.append(line)
    return page, None


def _unpacked(path: Path, of: Table, row: list[Any]) -> dict[str, Any]:
    try:
        return unpacked(of, row)
    except (TypeError, ValueError) as error:
        raise BadBackup(DAMAGED.format(path=path, why=f"a row of {of.name} does not fit")) from error


async def _give(connection: Connected, of: Table, given: int | None) -> None:
    """Have the next row get a number that none has, nor had where ``given`` says up to which, though it may be gone."""
    own = of.autoincrement_column
    if own is None:
        return
    if connection.dialect.name == "sqlite":
        if given is not None:
            await connection.execute(text("DELETE FROM sqlite_sequence WHERE name = :of"), {"of": of.name})
            values = {"of": of.name, "given": given}
            await connection.execute(text("INSERT INTO sqlite_sequence (name, seq) VALUES (:of, :given)"), values)
        return
    last = max(given or 0, await connection.scalar(select(func.max(own))) or 0)
    setting = text("SELECT setval(pg_get_serial_sequence(:of, :own), :given, :called)")
    await connection.scalar(setting, {"of": of.name, "own": own.name, "given": max(last, 1), "called": last > 0})
