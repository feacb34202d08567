"""The scripted day: the console as people start it, on the real store, judge and cells.

Local cells: how values and code fare in those of Docker, too, is in test_all_kinds.py and test_bad_answers.py.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chatting import chat, in_order

DAY = """\
today
answer [2, 3]
answer [8, 12]
answer [4, 6]
leaderboard
me
"""


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The home of somebody who lived that day, and what the chat said."""
    home = tmp_path_factory.mktemp("home")
    return home, chat(home, DAY, sandbox="local")


def test_the_seed_question_is_answered_wrong_twice_then_right_and_reaches_the_board(lived: tuple[Path, str]) -> None:
    in_order(
        lived[1],
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


def test_points_and_streak_are_still_there_the_next_time(lived: tuple[Path, str]) -> None:
    in_order(chat(lived[0], "me\nleaderboard\n", sandbox="local"), "1 in a row", "Ada")


PRACTICE = """\
practice square-gradient-code
answer
```
def gradient(x):
    x = x.clone().requires_grad_()
    (x ** 2).sum().backward()
    return x.grad
```
today
answer [4, 6]
leaderboard
"""


def test_on_the_first_day_a_newcomer_can_run_code_of_their_own_without_points(tmp_path: Path) -> None:
    said = chat(tmp_path, PRACTICE, sandbox="local")
    in_order(said, "practice", "Accepted", "no points", "sum of squares", "Accepted", "+10", "Ada", "10")


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


def test_code_is_tried_fails_in_every_way_and_passes_in_the_end(tmp_path: Path, code_question: Path) -> None:
    said = chat(tmp_path, CODE_DAY, sandbox="local", questions=code_question)
    in_order(said, "looking", "Wrong answer", "Time limit", "Runtime error", "Accepted", "Ada")


def test_without_any_sandbox_an_answer_is_kept_and_judged_once_there_is_one(
    tmp_path: Path, code_question: Path
) -> None:
    answer = "answer\n```\ndef gradient(x): return 2 * x\n```\n"
    broken = {"CHAINRULE_SANDBOX_PYTHON": str(tmp_path / "no-python")}
    said = chat(tmp_path, answer, sandbox="local", questions=code_question, more=broken)
    in_order(said, "stored", "judged as soon as")
    # The next session judges it beside what is done there; a run of its own gives it the time.
    run = "try\n```\nimport time\ndef gradient(x):\n    time.sleep(0.5)\n    return x\n```\n"
    said = chat(tmp_path, f"{run}{run}leaderboard\n", sandbox="local", questions=code_question)
    in_order(said, "Ada", "15")
