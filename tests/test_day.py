"""The scripted day: the console as people start it, on the real store, judge and cells."""

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

DAY = """\
today
answer [2, 3]
answer [8, 12]
answer [4, 6]
leaderboard
me
"""


def _chat(
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


def _in_order(said: str, *words: str) -> None:
    position = 0
    for word in words:
        found = said.find(word, position)
        assert found >= 0, f"{word!r} does not follow in:\n{said}"
        position = found + len(word)


def test_the_seed_question_is_answered_wrong_twice_then_right_and_reaches_the_board(
    tmp_path: Path, sandbox: str
) -> None:
    said = _chat(tmp_path, DAY, sandbox=sandbox)
    _in_order(
        said,
        "The gradient of a sum of squares",
        "> answer [2, 3]",
        "Wrong answer",
        "power rule",
        "> answer [8, 12]",
        "Wrong answer",
        "> answer [4, 6]",
        "Accepted",
        "+3",
        "> leaderboard",
        "Ada",
        "3",
        "> me",
        "1 in a row",
    )


CODE_DAY = """\
today
try
```python
def gradient(x):
    print("looking")
    return x
```
answer
```python
def gradient(x):
    return x
```
answer
def gradient(x)
answer
```
def gradient(x):
    while True: pass
```
answer
```
import os
os._exit(0)
```
answer
```python
import torch

def gradient(x):
    x = x.clone().requires_grad_()
    (x ** 2).sum().backward()
    return x.grad
```
leaderboard day
"""


@pytest.fixture
def code_question(tmp_path: Path) -> Path:
    """A bank of the seed's code question alone, with a time limit a test can wait for."""
    questions = tmp_path / "questions"
    questions.mkdir()
    question = (ROOT / "questions" / "square-gradient-code.md").read_text()
    (questions / "square-gradient-code.md").write_text(question.replace("kind: code", "kind: code\ntime_limit: 1"))
    return questions


def test_code_is_tried_fails_in_every_way_and_passes_in_the_end(
    tmp_path: Path, sandbox: str, code_question: Path
) -> None:
    said = _chat(tmp_path, CODE_DAY, sandbox=sandbox, questions=code_question)
    _in_order(said, "looking", "Wrong answer", "Time limit", "Runtime error", "Accepted", "Ada")


def test_points_and_streak_are_still_there_the_next_time(tmp_path: Path) -> None:
    _chat(tmp_path, "answer [4, 6]\n", sandbox="local")
    _in_order(_chat(tmp_path, "me\nleaderboard\n", sandbox="local"), "1 in a row", "Ada")


def test_without_any_sandbox_an_answer_is_kept_and_judged_once_there_is_one(
    tmp_path: Path, code_question: Path
) -> None:
    answer = "answer\n```\ndef gradient(x): return 2 * x\n```\n"
    broken = {"CHAINRULE_SANDBOX_PYTHON": str(tmp_path / "no-python")}
    said = _chat(tmp_path, answer, sandbox="local", questions=code_question, more=broken)
    _in_order(said, "stored", "judged as soon as")
    # The next session judges it beside what is done there; a run of its own gives it the time.
    run = "try\n```\nimport time\ndef gradient(x):\n    time.sleep(0.5)\n    return x\n```\n"
    said = _chat(tmp_path, f"{run}{run}leaderboard\n", sandbox="local", questions=code_question)
    _in_order(said, "Ada", "15")
