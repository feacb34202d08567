"""What an operator is told by the commands that know of the queue."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.databases import Databases


def chainrule(home: Path, *command: str, **settings: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "CHAINRULE_SANDBOX_PYTHON"}}
    environment = {**kept, "CHAINRULE_HOME": str(home), **settings}
    words = (sys.executable, "-m", "bot", *command)
    return subprocess.run(words, env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_a_judge_on_sqlite_is_told_so_in_one_line(tmp_path: Path) -> None:
    done = chainrule(tmp_path, "judge")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "DATABASE_URL names a SQLite file" in done.stderr
    assert list(tmp_path.glob("*.db")) == []


def test_a_queue_on_sqlite_is_none(tmp_path: Path) -> None:
    done = chainrule(tmp_path, "console", CHAINRULE_JUDGES="queue")
    assert done.returncode == 1
    assert "only PostgreSQL has a queue" in done.stderr


def test_tables_that_are_missing_are_migrated_by_hand(tmp_path: Path, postgres: Databases) -> None:
    done = chainrule(tmp_path, "judge", DATABASE_URL=postgres("empty"))
    assert done.returncode == 1
    assert "chainrule migrate" in done.stderr


def test_local_cells_are_no_judges_without_saying_so(tmp_path: Path, postgres: Databases) -> None:
    done = chainrule(tmp_path, "judge", DATABASE_URL=postgres("migrated"), CHAINRULE_SANDBOX="local")
    assert done.returncode == 1
    assert "CHAINRULE_STRANGERS_CODE_WITHOUT_DOCKER" in done.stderr


def test_doctor_says_whether_a_judge_is_at_work(tmp_path: Path, postgres: Databases) -> None:
    import psycopg

    url = postgres("migrated")
    settings = {"DATABASE_URL": url, "CHAINRULE_SANDBOX": "local", "CHAINRULE_SANDBOX_PYTHON": "/nowhere"}
    assert "none at work" in chainrule(tmp_path, "doctor", **settings).stdout
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("INSERT INTO procrastinate_workers DEFAULT VALUES")
    assert "at work" in chainrule(tmp_path, "doctor", **settings).stdout.replace("none at work", "")


def test_doctor_shows_no_password_wherever_it_stands(tmp_path: Path, postgres: Databases) -> None:
    url = postgres("migrated")
    there = f"{url}{'&' if '?' in url else '?'}password=of-nobody-else"
    done = chainrule(tmp_path, "doctor", DATABASE_URL=there, CHAINRULE_SANDBOX="local", CHAINRULE_SANDBOX_PYTHON="/no")
    assert "database" in done.stdout
    assert "of-nobody-else" not in done.stdout + done.stderr
