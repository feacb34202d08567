"""The whole bank through real cells: the same answer gets the same verdict in both kinds of cell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from bot.authoring.loading import load_folder
from bot.core.answers import Unreadable, read_code, read_value
from bot.core.grading import grade_value
from bot.core.personal import is_personal
from bot.core.questions import VARIANTS, CodeTask, Question, Trial, ValueTask
from bot.core.verdicts import Outcome, Verdict
from bot.judging.judge import CellJudge

ROOT = Path(__file__).parents[2]
QUESTIONS: Mapping[str, Question] = {
    question.id: question
    for folder in (ROOT / "questions", ROOT / "tests" / "worked")
    for question, _ in load_folder(folder).questions
}
CODE = [question for question in QUESTIONS.values() if isinstance(question.task, CodeTask)]
PERSONAL = [question for question in QUESTIONS.values() if is_personal(question)]
VALUE = [question for question in QUESTIONS.values() if question.kind == "value" and not is_personal(question)]
CHOICE = [question for question in QUESTIONS.values() if question.kind == "choice"]

pytestmark = pytest.mark.asyncio(loop_scope="module")


def _by_id(question: Question) -> str:
    return question.id


async def _verdict(judge: CellJudge, question: Question, answer: str, trials: tuple[Trial, ...]) -> Verdict:
    code = read_code(answer)
    assert not isinstance(code, Unreadable)
    return await judge.judge(question, code, trials[:3], trials[3:])


@pytest.mark.parametrize("question", CODE, ids=_by_id)
async def test_the_solution_passes_and_every_wrong_answer_and_the_starter_fail(
    judge: CellJudge, question: Question
) -> None:
    assert isinstance(question.task, CodeTask)
    trials = await judge.draw_trials(question, range(1, 7))
    assert len(trials) == 6
    verdict = await _verdict(judge, question, question.task.solution, trials)
    assert (verdict.outcome, verdict.passed, verdict.total) == (Outcome.ACCEPTED, 3, 3)
    for wrong in [question.task.starter, *(wrong.answer for wrong in question.wrong_answers)]:
        verdict = await _verdict(judge, question, wrong, trials)
        assert verdict.outcome in {Outcome.WRONG_ANSWER, Outcome.RUNTIME_ERROR}, wrong
        assert verdict.spent_trial is None  # what was shown comes from the public trials


@pytest.mark.parametrize("question", VALUE, ids=_by_id)
async def test_the_value_is_what_the_snippet_gives_and_wrong_answers_get_their_own_message(
    judge: CellJudge, question: Question
) -> None:
    assert isinstance(question.task, ValueTask)
    (trial,) = await judge.draw_trials(question, [1])
    right = read_value(question.task.solution)
    assert not isinstance(right, Unreadable)
    assert grade_value(question, trial, right).accepted
    for wrong in question.wrong_answers:
        answer = read_value(wrong.answer)
        assert not isinstance(answer, Unreadable)
        verdict = grade_value(question, trial, answer)
        assert (verdict.outcome, verdict.message) == (Outcome.WRONG_ANSWER, wrong.message)


@pytest.mark.parametrize("question", PERSONAL, ids=_by_id)
async def test_every_variant_of_a_personal_question_is_right_and_knows_its_wrong_answers(
    judge: CellJudge, question: Question
) -> None:
    trials = await judge.draw_trials(question, [1])
    assert len({tuple(trial.inputs.items()) for trial in trials}) == VARIANTS
    for trial in trials:
        assert len(trial.mistakes) == len(question.wrong_answers)


@pytest.mark.parametrize("question", CHOICE, ids=_by_id)
async def test_the_proof_of_a_choice_holds(judge: CellJudge, question: Question) -> None:
    assert len(await judge.draw_trials(question, [1])) == 1


async def test_drawing_twice_from_one_seed_gives_one_trial(judge: CellJudge) -> None:
    question = CODE[0]
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
    with pytest.raises(ValueError, match=word):
        await judge.draw_trials(broken, [1, 2])
