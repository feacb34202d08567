"""Every kind of question end to end: the console as people start it, with the real store, judge and cells."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.chatting import ROOT, chat, in_order

HOOK = """\
today
answer [2, 3]
answer [4, 6]
today
practice hard hooks
try
```
def install(x, factor):
    print("installed")
    x.register_hook(lambda grad: grad * factor)
```
answer
```
def install(x, factor):
    x.register_hook(lambda grad: grad + factor)
```
answer
```
def install(x, factor)
    pass
```
hint yes
answer
```
def install(x, factor):
    x.register_hook(lambda grad: grad * factor)
```
solution
me
"""
CHOICE = """\
practice easy choice
answer Z
answer only b
answer only a
solution
today
"""
LINE = "practice linear\n"


@pytest.fixture
def bank(tmp_path: Path) -> Path:
    """The seed's own question, and one of each other kind."""
    questions = tmp_path / "questions"
    shutil.copytree(ROOT / "tests" / "usecases" / "bank", questions)
    shutil.copy(ROOT / "questions" / "square-gradient.md", questions)
    return questions


def test_a_value_is_answered_and_a_hook_is_written_and_driven_by_its_probe(
    tmp_path: Path, sandbox: str, bank: Path
) -> None:
    said = chat(tmp_path, HOOK, sandbox=sandbox, questions=bank)
    in_order(
        said,
        "The gradient of a sum of squares",
        "> answer [2, 3]",
        "power rule",
        "> answer [4, 6]",
        "+6",
        "> today",
        "You solved it.",
        "Let a hook scale the gradient",
        "scale-in-a-hook",
        "Your code is used like this",
        "install(x, factor)",
        "> try",
        "It ran",
        "[1., -2.]",
        "[20., -40.]",
        "installed",
        "> answer",
        "Wrong answer: Let a hook",
        "expected grad(x)",
        "> answer",
        "Syntax error: Let a hook",
        "Hint 1 of 1",
        "> answer",
        "Accepted: Let a hook",
        "no points",
        "> solution",
        "what it returns is used instead",
        "Let a hook scale the gradient (practice)",
    )


def test_a_choice_is_made_by_letter_or_text_and_its_notes_and_solution_are_shown(
    tmp_path: Path, sandbox: str, bank: Path
) -> None:
    said = chat(tmp_path, CHOICE, sandbox=sandbox, questions=bank)
    in_order(
        said,
        "Made or computed?",
        "A · ",
        "B · ",
        "C · ",
        "one of the letters A, B and C",
        "Wrong answer: Made or computed?",
        "so an operation made it",
        "Accepted: Made or computed?",
        "It was made by you",
        "> solution",
        "only a",
        "A leaf is where the graph ends.",
        "The gradient of a sum of squares",
    )


def test_a_learners_own_numbers_are_shown_judged_and_explained(tmp_path: Path, sandbox: str, bank: Path) -> None:
    shown = chat(tmp_path, LINE, sandbox=sandbox, questions=bank)
    own = re.search(r"y = (\d+) \* x \+ (\d+)", shown)
    assert own, shown
    slope, offset = own.groups()
    answers = f"{LINE}answer {offset}\nanswer {slope}.0\nsolution\n"
    in_order(
        chat(tmp_path, answers, sandbox=sandbox, questions=bank),
        f"A line goes through {offset} at zero",
        f"y = {slope} * x + {offset}",
        "Wrong answer: The slope of a line",
        f"The offset {offset} is added",
        "Accepted: The slope of a line",
        "> solution",
        f"dy/dx = {slope}, wherever",
    )
