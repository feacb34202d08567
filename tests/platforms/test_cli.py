import os
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ("rich", "prompt_toolkit", "pydantic", "sqlalchemy", "numpy", "structlog", "asyncio")


def chainrule(*arguments: str, home: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bot", *arguments],
        input="",
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "CHAINRULE_HOME": str(home), **environment},
        check=False,
    )


def test_help_names_every_command_and_loads_nothing_heavy(tmp_path: Path) -> None:
    script = f"import sys, bot.cli; print([name for name in {HEAVY!r} if name in sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert loaded.stdout == "[]\n"
    shown = chainrule("--help", home=tmp_path)
    assert shown.returncode == 0
    for command in ("backup", "check", "console", "doctor", "grade", "migrate", "new", "restore", "run"):
        assert command in shown.stdout


def test_the_version_is_shown(tmp_path: Path) -> None:
    shown = chainrule("--version", home=tmp_path)
    assert (shown.returncode, shown.stdout.split()[0]) == (0, "chainrule")


@pytest.mark.parametrize("command", ["console", "doctor", "migrate", "check x.md", "grade x.md y.py", "new x"])
def test_a_bad_setting_ends_every_command_with_one_line(command: str, tmp_path: Path) -> None:
    done = chainrule(*command.split(), home=tmp_path, CHAINRULE_SANDBOX="none")
    assert done.returncode == 2
    assert done.stderr == (
        "chainrule: CHAINRULE_SANDBOX is 'none', but must be auto, docker or local. Change it or unset it.\n"
    )


def test_a_data_directory_that_cannot_be_made_is_named_with_advice(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = chainrule("console", home=tmp_path / "file" / "home")
    assert done.returncode == 1
    assert done.stderr.startswith(f"chainrule: {tmp_path}/file/home cannot be written")
    assert "set CHAINRULE_HOME" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("where", ["file", "stderr"])
def test_logs_go_where_they_are_wanted(where: str, tmp_path: Path) -> None:
    fault = "import bot.store.migrating as it; it.needs_migration = None; from bot.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", fault, "migrate"],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "CHAINRULE_HOME": str(tmp_path), "CHAINRULE_LOG": where},
        check=False,
    )
    log = tmp_path / "chainrule.log"
    assert "Something went wrong on our side. " in done.stderr
    assert (log.exists(), "a command failed" in done.stderr) == (where == "file", where == "stderr")
    assert where == "stderr" or "a command failed" in log.read_text()


def test_what_people_wrote_is_nobody_elses_on_the_machine(tmp_path: Path) -> None:
    assert chainrule("migrate", home=tmp_path / "home").returncode == 0
    assert (tmp_path / "home" / "chainrule.db").exists()
    assert (tmp_path / "home").stat().st_mode & 0o077 == 0


def test_a_backup_and_its_way_back_are_told_in_a_sentence_each(tmp_path: Path) -> None:
    here, there, file = tmp_path / "here", tmp_path / "there", str(tmp_path / "a.backup")
    assert chainrule("backup", file, home=here).stderr.startswith("chainrule: There is no database at")
    assert chainrule("migrate", home=here).returncode == 0
    done = chainrule("backup", file, home=here)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{file} holds all 0 rows of the database. Keep a copy of {here}/secret with it.\n"
    again = chainrule("backup", file, home=here)
    assert (again.returncode, again.stdout, again.stderr.count("\n")) == (1, "", 1)
    done = chainrule("restore", file, home=there)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"0 rows were restored. {there}/secret is missing: put there the one kept")
    broken = tmp_path / "broken"
    broken.write_bytes(Path(file).read_bytes()[:-20])
    done = chainrule("restore", str(broken), home=tmp_path / "nowhere")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert "Traceback" not in done.stderr


def test_an_empty_file_for_the_address_of_the_database_ends_every_command(tmp_path: Path) -> None:
    (tmp_path / "database_url").write_text("\n")
    done = chainrule("migrate", home=tmp_path / "home", DATABASE_URL="", DATABASE_URL_FILE=f"{tmp_path}/database_url")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"chainrule: DATABASE_URL_FILE is '{tmp_path}/database_url', which is empty. Fill it, or unset it.\n"
    )
    assert not (tmp_path / "home").exists()
