"""Every test that takes `store` runs on each database: a SQLite file, and a real PostgreSQL where one is installed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.store import SqlStore, open_store
from tests.store.scene import Scene, set_scene


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
