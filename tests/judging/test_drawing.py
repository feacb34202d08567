"""Trials from real reference cells: of every kind of question, and of questions that fight back."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from bot.core.personal import variants
from bot.core.questions import (
    VARIANTS,
    ChoiceTask,
    CodeTask,
    Mistake,
    Option,
    Param,
    Question,
    Trial,
    Unsound,
    ValueTask,
    WrongAnswer,
)
from bot.core.reference import trials_from
from bot.judging import wire
from bot.judging.jobs import answer_job, reference_job
from bot.judging.judge import CellJudge
from bot.judging.reference_cells import ReferenceCells
from sandbox.cell_client import Streams
from sandbox.local_cell import LocalCells
from sandbox.pool import Cells
from sandbox.protocol import EXAMPLE, Ending
from sandbox.slots import Slot
from sandbox.values import TensorValue
from tests.judging.conftest import draw
from tests.judging.test_judge import QUESTION

pytestmark = pytest.mark.asyncio(loop_scope="module")

# Asleep, because a run that is kept waiting for a CPU is put to the machine's account.
ENDLESS = "while True: __import__('time').sleep(1)"
DRAW = "def inputs(generator):\n    return {'x': torch.randn(2, 3, generator=generator)}"
DOUBLE = "def double(x):\n    return 2 * x\n"
TASK = CodeTask("double", "def double(x): ...", DRAW, DOUBLE, example='{"x": torch.tensor([2.0, 3.0])}')
CODE = replace(
    QUESTION,
    task=TASK,
    wrong_answers=(
        WrongAnswer("def double(x): return x", "Once."),
        WrongAnswer("def double(x):\n    if x[0, 0] > 0: raise KeyError('positive')\n    return 3 * x", "Thrice."),
        WrongAnswer("def double(x): return 2 * x.nothing", "Nothing."),
    ),
)
VALUE = replace(QUESTION, task=ValueTask("x = [1, 2]", "x[5]", "IndexError"), wrong_answers=())
PERSONAL = replace(
    QUESTION,
    task=ValueTask(
        "x = $a\ny = x * $b", "y", "$a * $b", (Param("a", ("2", "3", "4", "5")), Param("b", ("7", "11", "13", "17")))
    ),
    wrong_answers=(WrongAnswer("$a + $b", "Add."), WrongAnswer("'$a'", "That is x.")),
)
OPTIONS = (Option("1", "It is.", True), Option("2", "No."), Option("3", "No."))
CHOICE = replace(QUESTION, task=ChoiceTask(OPTIONS, "assert x == 1", "x = 1"), wrong_answers=())


async def test_what_each_wrong_answer_does_on_a_trial_comes_with_it(judge: CellJudge) -> None:
    trials = await judge.draw_trials(CODE, range(1, 9), with_mistakes=True)
    assert len(trials) == 8
    for trial in trials:
        once, _, nothing = trial.mistakes
        assert once == Mistake({"result": trial.inputs["x"]})
        assert nothing.observed == {}
        assert nothing.known is (trial is trials[0])
    assert trials[0].mistakes[2].error.startswith("AttributeError: ")
    thrice = [trial.mistakes[1] for trial in trials]
    raised = [mistake.error for mistake in thrice].index("KeyError: 'positive'")
    assert all(mistake.observed and not mistake.error for mistake in thrice[:raised])
    assert thrice[raised] == Mistake({}, "KeyError: 'positive'")
    assert [mistake.known for mistake in thrice[raised + 1 :]] == [False] * (7 - raised)


async def test_mistakes_are_left_out_unless_asked_for_and_cross_between_processes_as_they_are(judge: CellJudge) -> None:
    bare = await judge.draw_trials(CODE, [1, 2])
    known = await judge.draw_trials(CODE, [1, 2], with_mistakes=True)
    assert [replace(trial, mistakes=()) for trial in known] == list(bare)
    assert wire.Fields({"trials": wire.plain_trials(known)}).trials("trials") == known


async def test_a_wrong_answer_that_never_ends_is_known_by_its_ending(
    judge: CellJudge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.judging.jobs.REFERENCE_SECONDS", 3)
    endless = replace(CODE, wrong_answers=(WrongAnswer(ENDLESS, "End."), *CODE.wrong_answers))
    trials = await draw(judge, endless, [1, 2])
    assert [trial.mistakes[0] for trial in trials] == [Mistake({}, Ending.TIME_LIMIT.value)] * 2
    assert all(trial.mistakes[1].observed for trial in trials)


async def test_the_example_can_be_drawn(judge: CellJudge) -> None:
    (trial,) = await judge.draw_trials(CODE, [EXAMPLE])
    (drawn,) = await judge.draw_trials(CODE, [1])
    assert isinstance(trial.inputs["x"], TensorValue)
    assert trial.inputs["x"].shape == (2,)
    assert trial.inputs != drawn.inputs


async def test_a_value_may_be_the_name_of_an_exception(judge: CellJudge) -> None:
    (trial,) = await judge.draw_trials(VALUE, [1])
    assert trial.expected == {"value": "IndexError"}


async def test_a_personal_question_gives_every_variant_with_its_wrong_answers(judge: CellJudge) -> None:
    assert isinstance(PERSONAL.task, ValueTask)
    trials = await judge.draw_trials(PERSONAL, [5])
    assert tuple(trial.inputs for trial in trials) == variants(PERSONAL.task.params, 5)
    assert len(trials) == VARIANTS
    for trial in trials:
        a, b = (int(str(trial.inputs[name])) for name in ("a", "b"))
        assert trial.expected == {"value": a * b}
        assert trial.mistakes == (Mistake({"value": a + b}), Mistake({"value": str(a)}))


async def test_a_choice_has_one_trial_which_says_that_its_proof_holds(judge: CellJudge) -> None:
    (trial,) = await judge.draw_trials(CHOICE, [1, 2, 3], with_mistakes=True)
    assert (trial.inputs, trial.mistakes) == ({}, ())


def proving(proof: str) -> Question:
    assert isinstance(CHOICE.task, ChoiceTask)
    return replace(CHOICE, task=replace(CHOICE.task, proof=proof))


def personal(answer: str) -> Question:
    return replace(PERSONAL, wrong_answers=(WrongAnswer(answer, "No."),))


def solved(solution: str) -> Question:
    return replace(CODE, task=replace(TASK, solution=solution))


def drawn(inputs: str) -> Question:
    return replace(CODE, task=replace(TASK, inputs=inputs))


FORGED = """
import os
from sandbox.frames import pack_result
os.write(4, pack_result({payload}))
os._exit(0)
"""
UNSOUND = {
    "a solution that loops": (solved(f"def double(x):\n    {ENDLESS}"), "its time was up"),
    "prints 100 MB": (solved("def double(x):\n    print('x' * 10 ** 8)\n    return 2 * x"), "printed more"),
    "returns NaN": (solved("def double(x): return x * float('nan')"), "NaN"),
    "differs between runs": (solved("import torch\ndef double(x): return x * torch.rand(())"), "two runs"),
    "differs in kind": (
        solved("import random\ndef double(x): return [2 * x] * random.randint(1, 1000)"),
        "must not depend on chance",
    ),
    "uses the network": (
        solved("import socket\ndef double(x): return socket.create_connection(('192.0.2.1', 80))"),
        "may not do|an exception in line 2",
    ),
    "writes nonsense": (solved("import os\nos.write(4, b'x' * 100)\nimport time; time.sleep(9)"), "ended its process"),
    "forges no trials": (solved(FORGED.format(payload="{'trials': [], 'failure': None}")), "of its own making"),
    "forges other trials": (
        solved(FORGED.format(payload="{'trials': [{'inputs': {}, 'observed': 3, 'observed64': None}] * 2}")),
        "of its own making",
    ),
    "aborts": (solved("import os\nos.abort()"), "ended its process .*SIGABRT"),
    "wants all memory": (solved("x = bytearray(10 ** 11)"), "more memory"),
    "inputs that are a generator": (drawn("def inputs(generator): yield {'x': 1}"), "yield"),
    "inputs that are no dict": (drawn("def inputs(generator): return [1]"), "a list"),
    "no inputs": (drawn("def draw(generator): return {'x': 1}"), "no function named inputs"),
    "inputs that loop": (drawn(ENDLESS), "its time was up"),
    "a wrong proof": (proving("assert x == 2"), "assert x == 2"),
    "a proof that is no Python": (proving("assert x = 2"), "SyntaxError"),
    "a wrong answer that is right": (personal("$b * $a"), "with a = .* is right"),
    "a wrong answer that raises": (personal("$a / 0"), "ZeroDivisionError"),
}


@pytest.mark.parametrize(("question", "words"), UNSOUND.values(), ids=UNSOUND)
async def test_an_unsound_question_is_refused_in_a_sentence_and_the_next_is_drawn(
    judge: CellJudge, question: Question, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.judging.jobs.REFERENCE_SECONDS", 3)
    with pytest.raises(Unsound, match=words):
        await draw(judge, question, [1, 2])
    assert len(await judge.draw_trials(CODE, [1, 2])) == 2


async def test_two_jobs_run_side_by_side_and_pairs_wait_their_turn(reference: ReferenceCells) -> None:
    asleep = "import time\ndef double(x):\n    time.sleep(1)\n    return x"
    trials = await judge_trials(reference)
    first = asyncio.create_task(reference.run_once(answer_job(CODE, asleep, trials)))
    second = asyncio.create_task(reference.run_once(answer_job(CODE, DOUBLE, trials)))
    pairs = [asyncio.create_task(reference.run_twice(reference_job(CODE, [seed]))) for seed in (1, 2, 3)]
    assert (await second).trials
    assert not first.done()
    assert not any(pair.done() for pair in pairs)
    for one, other in await asyncio.gather(*pairs):
        assert one.trials == other.trials
    assert first.done()


async def judge_trials(reference: ReferenceCells) -> tuple[Trial, ...]:
    return trials_from(CODE, *await reference.run_twice(reference_job(CODE, [1])))


async def test_a_run_nobody_waits_for_any_more_frees_its_cell(reference: ReferenceCells) -> None:
    trials = await judge_trials(reference)
    endless = [asyncio.create_task(reference.run_once(answer_job(CODE, ENDLESS, trials))) for _ in range(3)]
    pair = asyncio.create_task(reference.run_twice(reference_job(CODE, [1])))
    await asyncio.sleep(0.1)
    for task in (*endless, pair):
        task.cancel()
    await asyncio.gather(*endless, pair, return_exceptions=True)
    assert await judge_trials(reference) == trials


class Counted:
    """Cells, and how many were started."""

    def __init__(self, cells: Cells) -> None:
        self._cells = cells
        self.kind = cells.kind
        self.starts = 0

    async def start(self, slot: Slot) -> Streams:
        self.starts += 1
        return await self._cells.start(slot)


async def test_idle_cells_are_discarded_and_fresh_ones_opened(
    sandbox_python: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = Counted(LocalCells(sandbox_python))
    async with ReferenceCells(counted) as reference:
        monkeypatch.setattr("bot.judging.reference_cells.IDLE_SECONDS", 600)
        trials = await judge_trials(reference)
        assert await judge_trials(reference) == trials
        assert counted.starts == 2
        monkeypatch.setattr("bot.judging.reference_cells.IDLE_SECONDS", 0)
        assert await judge_trials(reference) == trials
        assert counted.starts == 2
        await asyncio.sleep(0.1)
        assert await judge_trials(reference) == trials
        assert counted.starts == 4
