"""The whole bank, proven in both kinds of cell; and what a judge makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from bot.authoring.loading import load_folder
from bot.core.proving.proof import State
from bot.core.questions import CodeTask, Question, Unsound
from bot.core.verdicts import Outcome
from bot.judging.judge import CellJudge
from bot.judging.proving import Prover
from bot.judging.reference_cells import ReferenceCells
from sandbox.pool import Cells
from tests.judging.conftest import proven

ROOT = Path(__file__).parents[2]
QUESTIONS: Mapping[str, Question] = {
    question.id: question
    for folder in (ROOT / "questions", ROOT / "tests" / "worked")
    for question, _ in load_folder(folder).questions
}

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS.keys())
async def test_every_question_of_the_bank_is_proven(
    cells: Cells, reference: ReferenceCells, question: Question
) -> None:
    proof = await proven(Prover(cells, reference), question)
    assert [check for check in proof.checks if check.state is State.FAILED] == []
    assert proof.ok


async def test_drawing_twice_from_one_seed_gives_one_trial(judge: CellJudge) -> None:
    question = QUESTIONS["square-gradient-code"]
    first, again = await judge.draw_trials(question, [7, 7])
    assert (first.inputs, first.expected) == (again.inputs, again.expected)


async def test_what_a_failing_answer_prints_never_comes_from_a_scoring_trial(judge: CellJudge) -> None:
    question = QUESTIONS["square-gradient-code"]
    scoring = await judge.draw_trials(question, [1, 2, 3])
    public = await judge.draw_trials(question, [4])
    peek = "def gradient(x):\n    print('saw', x.flatten()[0].item())\n    return x"
    verdict = await judge.judge(question, peek, scoring, public)
    shown = await judge.run_example(question, peek, public[0])
    assert verdict.output == shown.output
    assert verdict.output.count("saw") == 1


async def test_an_answer_that_fails_on_scoring_trials_only_spends_the_one_it_was_shown(judge: CellJudge) -> None:
    question = QUESTIONS["square-gradient-code"]
    assert isinstance(question.task, CodeTask)
    scoring = tuple(
        replace(trial, id=trial_id) for trial_id, trial in enumerate(await judge.draw_trials(question, [1, 2, 3]), 1)
    )
    public = await judge.draw_trials(question, [4])
    known = public[0].inputs["x"]
    code = (
        "import torch\ndef gradient(x):\n"
        f"    if x.shape == {tuple(known.shape)} and x.numpy().tobytes() == {known.data!r}:\n"  # type: ignore[union-attr]
        "        return 2 * x\n    return x"
    )
    verdict = await judge.judge(question, code, scoring, public)
    assert verdict.outcome is Outcome.WRONG_ANSWER
    assert verdict.spent_trial == 1


BROKEN = [
    ("def inputs(generator):\n    import torch\n    return {'x': torch.randn(2)}", "generator"),
    ("def inputs(generator):\n    return 1", "dict"),
    ("def inputs(generator):\n    import torch\n    return {'x': torch.zeros(2, 3)}", "right from wrong"),
]


@pytest.mark.parametrize(("inputs", "word"), BROKEN)
async def test_an_unsound_question_is_refused_in_a_sentence(judge: CellJudge, inputs: str, word: str) -> None:
    question = QUESTIONS["square-gradient-code"]
    assert isinstance(question.task, CodeTask)
    broken = replace(question, task=replace(question.task, inputs=inputs))
    with pytest.raises(Unsound, match=word):
        await judge.draw_trials(broken, [1, 2])
