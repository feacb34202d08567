"""Questions proven in real local cells: the bank's own, and those of authors who are careless or hostile."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from bot.authoring.loading import load_folder
from bot.core.proving.proof import Check, Proof, State
from bot.core.questions import ChoiceTask, CodeTask, Option, Param, Question, ValueTask, WrongAnswer, code_task
from bot.judging.proving import Prover
from bot.judging.reference_cells import ReferenceCells
from sandbox.local_cell import LocalCells
from sandbox.protocol import SandboxFault
from tests.judging.conftest import proven

QUESTIONS = {question.id: question for question, _ in load_folder(Path(__file__).parents[2] / "questions").questions}
SEED = QUESTIONS["square-gradient-code"]
VALUE = QUESTIONS["square-gradient"]
RIGHT = "def gradient(x):\n    return 2 * x"
# Asleep, because a run that is kept waiting for a CPU is put to the machine's account.
ENDLESS = "while True: __import__('time').sleep(1)"

# One pair of cells for the module: starting them for every test would take most of its time.
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def prover(sandbox_python: Path) -> AsyncIterator[Prover]:
    cells = LocalCells(sandbox_python)
    async with ReferenceCells(cells) as reference:
        yield Prover(cells, reference)


def code(**changed: object) -> Question:
    """The seed question with another part, and little patience."""
    assert isinstance(SEED.task, CodeTask)
    return replace(SEED, task=replace(SEED.task, **changed), time_limit_ms=500)  # type: ignore[arg-type]


def solved_by(*lines: str) -> Question:
    return code(solution="import torch\n\n\ndef gradient(x):\n" + "".join(f"    {line}\n" for line in lines))


def drawing(*lines: str) -> Question:
    return code(inputs="import torch\n\n\ndef inputs(generator):\n" + "".join(f"    {line}\n" for line in lines))


def probing(*lines: str) -> Question:
    return code(probe="import torch\n\n\ndef probe(gradient, x):\n" + "".join(f"    {line}\n" for line in lines))


IDENTITY = code(
    solution="def gradient(x):\n    return x.relu()\n",
    inputs="import torch\n\n\ndef inputs(generator):\n    return {'x': 0.5 + torch.rand(3, 2, generator=generator)}\n",
)


def wrong(answer: str, message: str = "No.") -> Question:
    question = code()
    return replace(question, wrong_answers=(*question.wrong_answers, WrongAnswer(answer, message, "Extra")))


def checks(proof: Proof) -> Mapping[str, Check]:
    return {check.name.partition(":")[0]: check for check in proof.checks}


HOSTILE = [
    ("loops", solved_by(ENDLESS), "solution", "when its time was up"),
    ("prints 100 MB", solved_by("for _ in range(100): print('a' * 10**6)"), "solution", "printed more"),
    ("chats", solved_by("print('a' * 600)", "return 2 * x"), "output", "prints 1803 characters"),
    ("gives NaN", solved_by("return x * float('nan')"), "trials", "NaN"),
    ("differs between runs", solved_by("return 2 * x + torch.rand(())"), "same twice", "`result` differs from run"),
    (
        "uses the network",
        solved_by("import socket", "socket.create_connection(('192.0.2.1', 80))"),
        "solution",
        "PermissionError",
    ),
    (
        "forges a frame",
        solved_by(
            "import os",
            "for fd in range(3, 60):",
            "    try: os.write(fd, bytes(64))",
            "    except OSError: pass",
            "os._exit(0)",
        ),
        "solution",
        "before it gave a value",
    ),
    ("exits", solved_by("import os", "os._exit(0)"), "solution", "ended its process"),
    ("asks for 400 GB", solved_by("return torch.ones(10**11)"), "solution", "more memory"),
    (
        "is no Python",
        code(solution="def gradient(x):\n    return 2x"),
        "solution",
        "in line 2 .`return 2x`.: SyntaxError",
    ),
    ("has no entry", code(solution="def other(x):\n    return 2 * x"), "solution", "does not define `gradient`"),
    ("is slow", solved_by("import time", "time.sleep(0.07)", "return 2 * x"), "time", "more than a third"),
    ("draws from elsewhere", drawing("return {'x': torch.randn(3, 2)}"), "same twice", "the inputs of trial 1 differ"),
    ("yields its inputs", drawing("yield {'x': torch.ones(2)}"), "solution", "`inputs\\(generator\\)` failed"),
    ("draws nothing but zeros", drawing("return {'x': torch.zeros(3, 2)}"), "trials", "8 of 8 trials cannot tell"),
    ("draws the same again", drawing("return {'x': torch.ones(3, 2)}"), "variety", "the same on all 8 trials"),
    ("has a bad example", code(example="{'x': 1 / 0}"), "solution", "the example failed.*ZeroDivisionError"),
    ("is given away by its starter", code(starter=RIGHT), "starter", "passes 8 of 8 trials"),
    ("has a wrong answer that passes", wrong(RIGHT), "wrong answer 4", "passes 8 of 8 trials"),
    (
        "has two wrong answers that do the same",
        wrong(SEED.wrong_answers[0].answer + "# again\n"),
        "wrong answer 4",
        "the same as wrong answer 1",
    ),
    (
        "has a wrong answer that never ends",
        wrong(f"def gradient(x):\n    {ENDLESS}"),
        "wrong answer 4",
        "a learner who gives it is told",
    ),
    ("hands back its input", IDENTITY, "lazy answers", "hands back input 1 unchanged would pass 8 of 8 trials"),
    (
        "is not asked by its probe",
        probing("gradient(x)", "return {'result': x * 2}"),
        "lazy answers",
        "does nothing would pass 8 of 8",
    ),
    (
        "is compared by its probe",
        probing("assert torch.equal(gradient(x), 2 * x)", "return {'result': 2 * x}"),
        "lazy answers",
        "stopped by AssertionError",
    ),
    (
        "is asked for a claim alone",
        replace(
            (asked := probing("return {'result': x * 2, 'error': str(gradient(x) is None)}")),
            task=replace(code_task(asked), observe=("result", "error"), trust=("error",)),
        ),
        "lazy answers",
        "does nothing would pass 8 of 8",
    ),
    (
        "is a class of which nothing is observed",
        replace(
            (made := probing("gradient(x)", "return {'result': x * 2}")),
            task=replace(code_task(made), solution="class gradient:\n    def __init__(self, x):\n        self.x = x\n"),
        ),
        "lazy answers",
        "does nothing in any method would pass",
    ),
    (
        "has a starter cut short",
        code(starter="def gradient(x):\n    return (\n"),
        "starter",
        "raises SyntaxError in line",
    ),
    (
        "has a wrong answer with a typo",
        wrong("def gradient(x):\n    return 3 * y"),
        "wrong answer 4",
        "NameError in line 2",
    ),
    (
        "draws from two inputs",
        drawing("return {'x': 1.0 + torch.arange(6).view(3, 2) + torch.randint(0, 2, (), generator=generator)}"),
        "variety",
        "8 draws gave only 2 different inputs",
    ),
    ("tells too much", replace(code(), explanation="x" * 5000), "size", "more than fit"),
    (
        "has a value that differs between runs",
        replace(VALUE, task=ValueTask("import torch", "torch.rand(2)", "[0.1, 0.2]")),
        "solution",
        "another value each time",
    ),
    ("has another value", replace(VALUE, task=ValueTask("x = 3", "x * 2", "7")), "solution", "gives 6, not"),
    (
        "has a personal solution that is wrong",
        replace(
            VALUE,
            task=ValueTask("x = $a", "x * 2", "$a + 2", (Param("a", tuple(map(str, range(16)))),)),
            wrong_answers=(),
        ),
        "solution",
        "with a = ",
    ),
    (
        "proves nothing",
        replace(VALUE, task=ChoiceTask((Option("a", "b", right=True),), "assert 1 > 2"), wrong_answers=()),
        "proof",
        "the proof fails: assert 1 > 2",
    ),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def proofs(prover: Prover) -> Mapping[str, Proof]:
    """All of them at once, as they would be in one folder."""
    found = await asyncio.gather(*(proven(prover, question) for _, question, _, _ in HOSTILE))
    return {name: proof for (name, *_), proof in zip(HOSTILE, found, strict=True)}


@pytest.mark.parametrize(("name", "row", "detail"), [(n, r, d) for n, _, r, d in HOSTILE], ids=[n for n, *_ in HOSTILE])
async def test_a_question_that_is_not_sound_gets_a_failed_row_with_what_to_do(
    proofs: Mapping[str, Proof], name: str, row: str, detail: str
) -> None:
    check = checks(proofs[name])[row]
    assert check.state is State.FAILED
    assert check.mend
    assert re.search(detail, check.detail), check.detail
    assert not proofs[name].ok


SOUND = ["square-gradient-code", "square-gradient", "which-tensor-has-grad", "personal-accumulation"]


@pytest.mark.parametrize("name", SOUND)
async def test_a_sound_question_of_each_kind_is_proven(prover: Prover, name: str) -> None:
    proof = await proven(prover, QUESTIONS[name])
    assert proof.ok, proof.checks
    assert all(check.mend == "" for check in proof.checks)


async def test_a_sandbox_that_does_not_start_is_nobodys_proof(tmp_path: Path) -> None:
    cells = LocalCells(tmp_path / "no-python")
    async with ReferenceCells(cells) as reference:
        with pytest.raises(SandboxFault):
            await Prover(cells, reference).prove(SEED)
