"""Proofs of uploaded questions, made by the judge process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from bot.authoring.examples import EXAMPLES
from bot.authoring.parsing import parse
from bot.authoring.template import template
from bot.core.proving.proof import Proof, State
from bot.core.questions import CodeTask, Question, code_task
from bot.core.verdicts import Outcome
from bot.judging.child_process import ChildProcessJudge
from bot.judging.config import SandboxConfig
from bot.ports import JudgeUnavailable

# One judge for the module: starting its cells for every test would take most of its time.
pytestmark = pytest.mark.asyncio(loop_scope="module")
BUSY_TRIES = 10


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def judge(sandbox_python: Path) -> AsyncIterator[ChildProcessJudge]:
    async with ChildProcessJudge(SandboxConfig("local", 1, str(sandbox_python)).dump()) as judge:
        yield judge


def sample(kind: str) -> Question:
    """The question of the template of ``kind``, as its author would upload it."""
    question = parse(template(f"my-{kind}", kind), "upload")
    assert isinstance(question, Question)
    return question


def solved_by(*lines: str) -> Question:
    """The code question of the template with another solution, and little patience."""
    question, code = sample("code"), code_task(sample("code"))
    head = next(line for line in code.solution.splitlines() if line.startswith("def "))
    solution = "\n    ".join([head, *lines]) + "\n"
    return replace(question, task=replace(code, solution=solution), time_limit_ms=500)


async def proven(judge: ChildProcessJudge, question: Question) -> Proof:
    """The proof; asked for again, as uploads are, while the machine is too busy to say anything."""
    for _ in range(BUSY_TRIES):
        try:
            return await judge.prove(question)
        except JudgeUnavailable as fault:
            if "busy" not in str(fault):
                raise
    raise TimeoutError("the machine stayed too busy")


@pytest.mark.parametrize("kind", EXAMPLES)
async def test_the_template_of_each_kind_is_proven(judge: ChildProcessJudge, kind: str) -> None:
    proof = await proven(judge, sample(kind))
    assert proof.question_id == f"my-{kind}"
    assert proof.ok, proof.checks
    assert {check.name for check in proof.checks} >= {"format", "size"}


async def test_what_is_wrong_is_told_at_its_line_with_what_mends_it(judge: ChildProcessJudge) -> None:
    proof = await proven(judge, solved_by("return nothing_like_it"))
    (check,) = (check for check in proof.checks if check.state is State.FAILED)
    assert "nothing_like_it" in check.detail
    assert (check.section, check.line) == ("Solution", 2)
    assert check.mend


async def test_whatever_a_proof_repeats_of_its_file_is_cut(judge: ChildProcessJudge) -> None:
    question = sample("code")
    wrong = tuple(replace(wrong, name="n" * 20_000) for wrong in question.wrong_answers * 3)
    proof = await proven(judge, replace(question, wrong_answers=wrong))
    longest = max((text for check in proof.checks for text in (check.name, check.detail, check.mend)), key=len)
    assert longest.startswith("wrong answer 1: nnn")
    assert len(longest) == len("…") + 1_000


HARMFUL = {
    # Asleep, because a run that is kept waiting for a CPU is put to the machine's account.
    "loops for ever": solved_by("import time", "while True: time.sleep(1)"),
    "kills its own cell": solved_by("import os, signal", "os.kill(os.getppid(), signal.SIGKILL)"),
    "leaves the process": solved_by("import os", "os._exit(0)"),
}


@pytest.mark.parametrize("question", HARMFUL.values(), ids=HARMFUL)
async def test_an_upload_that_harms_its_cell_keeps_nobody_else_from_being_judged(
    judge: ChildProcessJudge, question: Question
) -> None:
    uploads = [asyncio.create_task(proven(judge, question)) for _ in range(2)]
    sound = sample("code")
    assert isinstance(sound.task, CodeTask)
    trials = await judge.draw_trials(sound, [1, 2, 3, 4])
    verdict = await judge.judge(sound, sound.task.solution, trials[:3], trials[3:])
    assert verdict.outcome is Outcome.ACCEPTED
    for proof in await asyncio.gather(*uploads):
        assert not proof.ok
        assert all(check.mend for check in proof.checks if check.state is State.FAILED)


async def test_a_judge_without_a_sandbox_says_so_instead_of_proving_anything(tmp_path: Path) -> None:
    async with ChildProcessJudge(SandboxConfig("local", 1, str(tmp_path / "no-python")).dump()) as judge:
        with pytest.raises(JudgeUnavailable, match="no-python"):
            await judge.prove(sample("value"))
