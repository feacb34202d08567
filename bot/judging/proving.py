"""Gathers the evidence for a question's proof; whatever an author wrote runs in reference cells alone."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.core.mutants import detached
from bot.core.personal import variants
from bot.core.proving.budgets import check_size
from bot.core.proving.code_questions import TRIALS, Answers, Draws, check_answers, check_draws, draws, is_quick
from bot.core.proving.faults import choice_fault, value_fault, variants_fault
from bot.core.proving.lazy import lazy_answers
from bot.core.proving.proof import Check, Proof, failed, passed, skipped
from bot.core.proving.value_questions import check_values
from bot.core.questions import (
    SCORED_TRIALS,
    ChoiceTask,
    CodeTask,
    Question,
    Trial,
    Unsound,
    ValueTask,
    code_task,
    value_task,
)
from bot.core.reference import choice_trial, value_trial, variant_trial
from bot.judging.jobs import REFERENCE_SECONDS, answer_job, reference_job, variant_job
from bot.judging.reference_cells import CellsClosed, ReferenceCells
from bot.judging.together import together
from sandbox.outcome import Starved
from sandbox.pool import Cells, fresh_cell
from sandbox.protocol import EXAMPLE, Ending, Job, Limits, Report, SandboxFault

AT_ONCE = 4
"""Questions whose evidence is gathered at the same time, so that neither cell waits for the other."""
VARIANTS_SEED = 0
"""What the variants of a personal question are drawn by for its author; a deployment draws others."""


class Prover:
    """Proves questions in two reference cells, several at a time; ``cells`` start them."""

    def __init__(self, cells: Cells, reference: ReferenceCells) -> None:
        self._cells = cells
        self._reference = reference
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def prove(self, question: Question) -> Proof:
        """The proof of ``question``, whatever its author wrote.

        Raises :class:`SandboxFault`: a machine too busy to run it says nothing about the question.
        """
        async with self._turns:
            try:
                checks = await self._checks(question)
            except (Starved, CellsClosed):
                raise
            except SandboxFault as fault:
                async with fresh_cell(self._cells):  # raises where it is not the question's doing
                    what = f"running it brought down every cell ({str(fault)[:200]})"
                    checks = [
                        failed("solution", what, "leave out what does").at(
                            "Solution" if question.kind != "choice" else "Proof"
                        )
                    ]
        return Proof(question.id, (passed("format", "reads well"), *checks, check_size(question)))

    async def _checks(self, question: Question) -> list[Check]:
        match question.task:
            case CodeTask():
                return await self._code(question)
            case ValueTask():
                return await self._value(question)
            case ChoiceTask():
                return await self._choice(question)

    async def _code(self, question: Question) -> list[Check]:
        first, second = await self._reference.run_twice(_reference_job(question))
        drawn = draws(question, first, second)
        checks = list(check_draws(question, drawn))
        if not drawn.trials:
            return [*checks, skipped("answers", "starter, wrong answers and mutants need a solution that works")]
        return [*checks, *check_answers(question, drawn, await self._answers(question, drawn))]

    async def _answers(self, question: Question, drawn: Draws) -> Answers:
        task = code_task(question)
        solution = await self._timed(question, task.solution, drawn.trials[:SCORED_TRIALS])
        codes = [task.starter, *(wrong.answer for wrong in question.wrong_answers)]
        cut, lazy = detached(task), list(lazy_answers(question, len(drawn.trials[0].inputs)))
        # The limit is for the few trials of a submission.
        patience = Limits(wall_ms=question.time_limit_ms * TRIALS // SCORED_TRIALS)
        more = [*(answer.code for answer in lazy), *([cut] if cut else [])]
        jobs = [answer_job(question, code, drawn.trials) for code in [*codes, *more]]
        reports = await together(self._reference.run_once(replace(job, limits=patience)) for job in jobs)
        wrong, idle = reports[1 : len(codes)], reports[len(codes) :]
        ran = tuple(zip(lazy, idle, strict=False))
        return Answers(solution, reports[0], tuple(wrong), reports[-1] if cut else None, ran)

    async def _timed(self, question: Question, code: str, trials: Sequence[Trial]) -> Report:
        """The quickest of a few runs: how busy this machine is says nothing about the question."""
        job = answer_job(question, code, trials)
        report = await self._reference.run_once(job)
        for _ in range(2):
            if is_quick(question, report):
                break
            again = await self._reference.run_once(job)
            if again.ending is Ending.COMPLETED and again.wall_ms < report.wall_ms:
                report = again
        return report

    async def _value(self, question: Question) -> list[Check]:
        params = value_task(question).params
        if not params:
            reports = await self._twice(reference_job(question))
            try:
                trials = [value_trial(question, *reports)]
            except Unsound as error:
                return [value_fault(reports, error)]
        else:
            drawn = variants(params, VARIANTS_SEED)
            found = await together(self._variant(question, variant) for variant in drawn)
            trials = [trial for trial in found if isinstance(trial, Trial)]
            if faults := [fault for fault in found if isinstance(fault, Check)]:
                return [variants_fault(faults, len(drawn))]
        return list(check_values(question, trials))

    async def _variant(self, question: Question, variant: Mapping[str, str]) -> Trial | Check:
        reports = await self._twice(variant_job(question, variant))
        try:
            return variant_trial(question, variant, *reports)
        except Unsound as error:
            return value_fault(reports, error)

    async def _choice(self, question: Question) -> list[Check]:
        reports = await self._twice(reference_job(question))
        try:
            choice_trial(*reports)
        except Unsound as error:
            return [choice_fault(question, reports[0], error)]
        return [passed("proof", "holds in two cells").at("Proof")]

    async def _twice(self, job: Job) -> tuple[Report, Report]:
        return await self._reference.run_twice(_patient(job))


def _patient(job: Job, wall_ms: int = 10_000) -> Job:
    # What is quick enough needs a fraction of this; what never ends shall not keep its author waiting.
    return replace(job, limits=Limits(wall_ms=min(REFERENCE_SECONDS * 1000, wall_ms)))


def _reference_job(question: Question) -> Job:
    seeds = [*range(1, TRIALS + 1), *([EXAMPLE] if code_task(question).example else [])]
    return _patient(reference_job(question, seeds), 2 * question.time_limit_ms + 5_000)
