import logging
from pathlib import Path

import pytest

from bot.store import open_store
from bot.store.engine import create_engine


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("sqlite:////tmp/x.db", "sqlite+aiosqlite:////tmp/x.db"),
        ("sqlite+aiosqlite:///x.db", "sqlite+aiosqlite:///x.db"),
        ("postgres://u:p@h/d", "postgresql+psycopg://u:p@h/d"),
        ("postgresql://h/d", "postgresql+psycopg://h/d"),
    ],
)
def test_a_database_url_gets_an_async_driver(given: str, used: str) -> None:
    if "psycopg" in used:
        pytest.importorskip("psycopg", reason="needs psycopg")
    made = create_engine(given).url.render_as_string(hide_password=False)
    assert made.partition("?")[0] == used


async def test_what_is_written_is_in_no_log_at_any_level(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, logger="aiosqlite")
    store = await open_store(f"sqlite:///{tmp_path / 'a.db'}")
    async with store.begin() as work:
        await work.communities.community("discord", "1", "SECRETNAME")
    await store.close()
    assert "alembic" in caplog.text
    assert "SECRETNAME" not in caplog.text
