"""A SQLite file of its own for every test that needs one, with the tables in it already."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from bot.store import migrate


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
