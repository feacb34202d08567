"""Opening the database, and its transactions."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from bot import ledger, messaging, queueing, repositories, timetable
from bot.admins import Administration, Uploads
from bot.learning import Learning
from bot.ports import StoreUnavailable
from bot.store.administration import SqlAdministration
from bot.store.communities import SqlCommunities
from bot.store.competition import SqlCompetition
from bot.store.connection import PATIENCE_S, Connected, Database
from bot.store.engine import database_at
from bot.store.faults import is_locked, place, translated, usable
from bot.store.health import SqlHealth
from bot.store.jobs import SqlJobs
from bot.store.learning import SqlLearning
from bot.store.messages import SqlMessages
from bot.store.migrating import advice, needs_migration, upgrade
from bot.store.outbox import SqlOutbox
from bot.store.postings import SqlPostings
from bot.store.privacy import SqlPrivacy
from bot.store.questions import SqlQuestions
from bot.store.reports import SqlReports
from bot.store.schedules import SqlSchedules
from bot.store.submissions import SqlSubmissions
from bot.store.tenancy import SqlTenancy
from bot.store.uploads import SqlUploads
from bot.store.uptime import SqlUptime
from bot.tenancy import Privacy, Tenancy


@dataclass(slots=True)
class SqlUnit:
    """The repositories of one transaction; see :class:`bot.repositories.UnitOfWork`."""

    communities: repositories.Communities
    questions: repositories.Questions
    postings: repositories.Postings
    submissions: repositories.Submissions
    competition: ledger.Competition
    health: ledger.Health
    reports: ledger.Reports
    learning: Learning
    messages: messaging.Messages
    outbox: messaging.Outbox
    uploads: Uploads
    administration: Administration
    schedules: timetable.Schedules
    uptime: timetable.Uptime
    privacy: Privacy
    tenancy: Tenancy
    jobs: queueing.Jobs


def _unit(connection: Connected) -> SqlUnit:
    return SqlUnit(
        SqlCommunities(connection),
        SqlQuestions(connection),
        SqlPostings(connection),
        SqlSubmissions(connection),
        SqlCompetition(connection),
        SqlHealth(connection),
        SqlReports(connection),
        SqlLearning(connection),
        SqlMessages(connection),
        SqlOutbox(connection),
        SqlUploads(connection),
        SqlAdministration(connection),
        SqlSchedules(connection),
        SqlUptime(connection),
        SqlPrivacy(connection),
        SqlTenancy(connection),
        SqlJobs(connection),
    )


class SqlStore:
    """The database behind an engine; see :class:`bot.repositories.Store`.

    On SQLite transactions take turns: keep them short, and never wait for a judge or a person in one.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    @property
    def place(self) -> str:
        """Where the database is, in words that hold no password."""
        return place(self._database.url)

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[repositories.UnitOfWork]:
        """One transaction: committed when the block ends, rolled back when it raises or is cancelled.

        Raises :class:`StoreUnavailable` instead of the database's own errors; then nothing was written.
        """
        with translated(self._database.url):
            async with self._database.transaction() as connection:
                yield _unit(connection)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[repositories.UnitOfWork]:
        """What is committed, to be read and not changed; it waits for no other transaction.

        Raises :class:`StoreUnavailable` instead of the database's own errors.
        """
        with translated(self._database.url):
            async with self._database.reading() as connection:
                yield _unit(connection)

    def alone(self, name: str, waiting: Callable[[], None]) -> AbstractAsyncContextManager[asyncio.Event]:
        """See :meth:`bot.repositories.Store.alone`."""
        return self._database.alone(name, waiting)

    async def time(self) -> datetime | None:
        """See :meth:`bot.repositories.Store.time`."""
        with translated(self._database.url):
            return await self._database.time()

    async def close(self) -> None:
        """Close every connection. A transaction still running is rolled back."""
        await self._database.close()


async def open_store(url: str, *, migrate: bool = True) -> SqlStore:
    """The store at ``url``, checked to be usable; ``sqlite:///`` is followed by a path, absolute or relative.

    Tables that are missing or old are brought up to date in one transaction, unless ``migrate`` is off.
    Raises :class:`StoreUnavailable` when it cannot be opened or written, or is not ours; then nothing was changed.
    """
    database = _database(url)
    try:
        if await _behind(database):
            if not migrate:
                raise StoreUnavailable(await _advice(database))
            await _upgrade(database)
    except BaseException:
        await database.close()
        raise
    return SqlStore(database)


async def migrate(url: str) -> bool:
    """Create the tables at ``url`` or bring them up to date; whether there was anything to do.

    Raises :class:`StoreUnavailable` as :func:`open_store` does.
    """
    database = _database(url)
    try:
        return await _behind(database) and await _upgrade(database)
    finally:
        await database.close()


def _database(url: str) -> Database:
    with usable():
        return database_at(url)


@asynccontextmanager
async def _transaction(database: Database) -> AsyncIterator[Connected]:
    with translated(database.url):
        async with database.transaction() as connection:
            yield connection


async def _behind(database: Database) -> bool:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + PATIENCE_S
    while True:
        try:
            with translated(database.url):
                await database.prepare()
            async with _transaction(database) as connection:
                return await needs_migration(connection)
        except StoreUnavailable as fault:
            # Two processes that turn one new file to WAL refuse each other at once instead of waiting.
            if not is_locked(fault) or loop.time() > deadline:
                raise
        await asyncio.sleep(0.05)


async def _upgrade(database: Database) -> bool:
    async with _transaction(database) as connection:
        return await upgrade(connection)


async def _advice(database: Database) -> str:
    async with _transaction(database) as connection:
        return await advice(connection)
