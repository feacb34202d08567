import pytest

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
