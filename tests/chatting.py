"""Chats on the console as people start it: the real store, judge and cells."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import pytest

ROOT = Path(__file__).parents[1]
SECONDS = 120


def chat(
    home: Path,
    commands: str,
    *,
    sandbox: str,
    questions: Path = ROOT / "questions",
    more: Mapping[str, str] = MappingProxyType({}),
) -> str:
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("CHAINRULE_") or "PYTHON" in name},
        "CHAINRULE_HOME": str(home),
        "CHAINRULE_SANDBOX": sandbox,
        "CHAINRULE_CELLS": "1",  # for one who chats alone: a second one would only take its time to start
        "CHAINRULE_NAME": "Ada",
        "CHAINRULE_ZONE": "UTC",
        "CHAINRULE_IMAGE": os.environ.get("CHAINRULE_IMAGE", ""),
        "CHAINRULE_QUESTIONS": str(questions),
        **more,
    }
    done = subprocess.run(
        (sys.executable, "-m", "bot", "console"),
        input=commands.encode(),
        capture_output=True,
        cwd=ROOT,
        env=environment,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


@pytest.fixture(params=["local", pytest.param("docker", marks=pytest.mark.docker)])
def sandbox(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def code_question(tmp_path: Path) -> Path:
    """A bank of the seed's code question alone, with a time limit a test can wait for."""
    questions = tmp_path / "questions"
    questions.mkdir()
    question = (ROOT / "questions" / "square-gradient-code.md").read_text()
    (questions / "square-gradient-code.md").write_text(question.replace("kind: code", "kind: code\ntime_limit: 1"))
    return questions


def in_order(said: str, *words: str) -> None:
    """Each of ``words`` follows the one before; where a line was wrapped makes no difference."""
    flat, position = " ".join(said.split()), 0
    for word in words:
        found = flat.find(word, position)
        assert found >= 0, f"{word!r} does not follow in:\n{said}"
        position = found + len(word)
