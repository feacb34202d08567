import logging
from pathlib import Path

import pytest

from bot.store import open_store
from bot.store.engine import database_at


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("sqlite:////tmp/x.db", "sqlite:////tmp/x.db"),
        ("sqlite+aiosqlite:///x.db", "sqlite:///x.db"),
        ("postgres://u:p@h/d", "postgresql+psycopg://u:p@h/d"),
        ("postgresql://h/d", "postgresql+psycopg://h/d"),
    ],
)
def test_a_database_url_gets_our_driver(given: str, used: str) -> None:
    if "psycopg" in used:
        pytest.importorskip("psycopg", reason="needs psycopg")
    made = database_at(given).url.render_as_string(hide_password=False)
    assert made == used


async def test_what_is_written_is_in_no_log_at_any_level(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    store = await open_store(f"sqlite:///{tmp_path / 'a.db'}")
    async with store.begin() as work:
        await work.communities.community("discord", "1", "SECRETNAME")
    await store.close()
    assert "alembic" in caplog.text
    assert "SECRETNAME" not in caplog.text
