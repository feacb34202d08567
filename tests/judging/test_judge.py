"""What of a scoring run a learner is told, by reports as cells give them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from bot.core.questions import CodeTask, Level, Question, Trial
from bot.core.verdicts import Outcome
from bot.judging.judge import CellJudge
from bot.judging.proving import Prover
from bot.judging.reference_cells import ReferenceCells
from sandbox.local_cell import LocalCells
from sandbox.pool import Pool
from sandbox.protocol import Ending, Failure, Job, Report

QUESTION = Question(
    id="double",
    title="Twice the number",
    level=Level.EASY,
    topics=("chain-rule",),
    prompt="Write `double(x)`.",
    task=CodeTask("double", "", "", "def double(x):\n    return 2 * x\n"),
    wrong_answers=(),
    hints=("Add it.", "To itself.", "Once."),
    explanation="x + x = **2x**.",
)
SCORING = (Trial({"x": 731}, {"result": 1462}, {"result": 0.0}, 5),)
PUBLIC = (Trial({"x": 2}, {"result": 4}, {"result": 0.0}, 6),)
RIGHT = Report(Ending.COMPLETED, ({"result": 4},))
FAILURE = Failure("call", "x_is_731", "x was 731", 4, "raise 731", 3, 0, ("f731",))


class Script:
    """In the place of a pool: hands out known reports, and keeps what it was asked to run."""

    def __init__(self, reports: Sequence[Report]) -> None:
        self.reports = list(reports)
        self.jobs: list[Job] = []

    async def run(self, job: Job) -> Report:
        self.jobs.append(job)
        return self.reports.pop(0)


def judge_with(*reports: Report) -> tuple[CellJudge, Script]:
    script = Script(reports)
    cells = LocalCells(Path("unused"))
    reference = ReferenceCells(cells)
    return CellJudge(cast(Pool, script), reference, Prover(cells, reference)), script


@pytest.mark.parametrize(
    ("report", "outcome"),
    [
        (Report(Ending.COMPLETED, failure=FAILURE, output="731"), Outcome.RUNTIME_ERROR),
        (Report(Ending.CRASHED, output="731", detail="exit status 731"), Outcome.RUNTIME_ERROR),
        (Report(Ending.FORBIDDEN, output="731", detail="open731"), Outcome.FORBIDDEN),
        (Report(Ending.TIME_LIMIT, output="731"), Outcome.TIME_LIMIT),
    ],
)
async def test_code_that_fails_on_scoring_trials_only_is_told_nothing_it_wrote_there(
    report: Report, outcome: Outcome
) -> None:
    judge, _ = judge_with(report, RIGHT)
    verdict = await judge.judge(QUESTION, "", SCORING, PUBLIC)
    assert (verdict.outcome, verdict.output, verdict.spent_trial) == (outcome, "", None)
    assert "731" not in repr(replace(verdict, ms=0.0)), "how long it took may hold any digits"


async def test_the_line_and_the_exception_of_a_failure_on_scoring_trials_are_told() -> None:
    failure = Failure("call", "ZeroDivisionError", "731 by zero", 4, "731 / 0")
    judge, _ = judge_with(Report(Ending.COMPLETED, failure=failure), RIGHT)
    verdict = await judge.judge(QUESTION, "", SCORING, PUBLIC)
    assert verdict.failure == Failure("call", "ZeroDivisionError", "", 4)
    assert "ZeroDivisionError" in verdict.message
    assert "line 4" in verdict.message


async def test_a_wrong_value_on_scoring_trials_only_is_shown_and_spends_its_trial() -> None:
    judge, _ = judge_with(Report(Ending.COMPLETED, ({"result": 1},), output="x is 731"), RIGHT)
    verdict = await judge.judge(QUESTION, "", SCORING, PUBLIC)
    assert (verdict.outcome, verdict.output, verdict.spent_trial) == (Outcome.WRONG_ANSWER, "", 5)
    assert verdict.failing is not None


@pytest.mark.parametrize("ending", [Ending.LOST_CELLS, Ending.TIME_LIMIT])
async def test_code_that_costs_cells_or_time_is_not_run_again_for_evidence(ending: Ending) -> None:
    judge, script = judge_with(Report(ending))
    await judge.judge(QUESTION, "", SCORING, PUBLIC)
    assert len(script.jobs) == 1


async def test_the_report_on_an_example_is_cut_to_what_can_be_shown() -> None:
    failure = Failure("call", "E" * 5000, "m" * 5000, 1, "t" * 5000, names=("n" * 5000,) * 50)
    judge, _ = judge_with(Report(Ending.COMPLETED, failure=failure, output="o" * (1 << 20), detail="d" * 5000))
    assert len(repr(await judge.run_example(QUESTION, "", PUBLIC[0]))) < 100_000
