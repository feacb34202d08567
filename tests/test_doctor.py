import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.cli.doctor import weighed
from bot.core.findings import Finding, State

OK, WARNING, MISSING = State.OK, State.WARNING, State.MISSING


@pytest.mark.parametrize(
    ("sandbox", "docker", "torch", "local", "said"),
    [
        ("auto", OK, OK, OK, (OK, OK, OK)),
        ("auto", WARNING, OK, WARNING, (WARNING, OK, WARNING)),
        ("auto", MISSING, OK, OK, (WARNING, OK, OK)),
        ("auto", MISSING, OK, WARNING, (WARNING, OK, WARNING)),
        ("auto", OK, MISSING, MISSING, (OK, WARNING, WARNING)),
        ("auto", WARNING, OK, MISSING, (WARNING, OK, WARNING)),
        ("auto", MISSING, OK, MISSING, (MISSING, OK, MISSING)),
        ("auto", MISSING, MISSING, MISSING, (MISSING, MISSING, MISSING)),
        ("docker", MISSING, OK, OK, (MISSING, OK, OK)),
        ("docker", MISSING, MISSING, MISSING, (MISSING, WARNING, WARNING)),
        ("docker", OK, MISSING, MISSING, (OK, WARNING, WARNING)),
        ("local", MISSING, OK, WARNING, (WARNING, OK, WARNING)),
        ("local", OK, OK, MISSING, (OK, OK, MISSING)),
        ("local", OK, MISSING, MISSING, (OK, MISSING, MISSING)),
    ],
)
def test_a_missing_cell_is_a_warning_only_where_another_one_that_was_asked_for_works(
    sandbox: str, docker: State, torch: State, local: State, said: tuple[State, State, State]
) -> None:
    found = (Finding("Docker", docker, "a"), Finding("torch", torch, "b"), Finding("local cell", local, "c", "d"))
    weighty = weighed(sandbox, *found)
    assert tuple(finding.state for finding in weighty) == said
    assert [(f.name, f.found, f.advice) for f in weighty] == [(f.name, f.found, f.advice) for f in found]


def test_doctor_fails_with_advice_where_no_cell_can_start(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bot", "doctor"],
        capture_output=True,
        text=True,
        timeout=120,
        env={
            **os.environ,
            "CHAINRULE_HOME": str(tmp_path / "home"),
            "CHAINRULE_SANDBOX": "local",
            "CHAINRULE_SANDBOX_PYTHON": str(tmp_path / "nowhere"),
        },
        check=False,
    )
    assert done.returncode == 1, done.stdout
    assert "No such file or directory" in done.stdout
    assert "make demo" in done.stdout
    assert done.stderr == ""
