"""What a judge does: run answers in lent cells, compare outside them, and draw trials in cells of their own."""

from __future__ import annotations

import builtins
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.core.grading import cut_failure, grade
from bot.core.mistakes import mistakes_on
from bot.core.personal import variants
from bot.core.proving.proof import Check, Proof
from bot.core.questions import ChoiceTask, CodeTask, Question, Trial, ValueTask
from bot.core.reference import choice_trial, trials_from, value_trial, variant_trial
from bot.core.verdicts import Verdict
from bot.judging.jobs import answer_job, reference_job, unhurried, variant_job, version_job
from bot.judging.proving import Prover
from bot.judging.reference_cells import ReferenceCells
from bot.judging.together import together
from bot.ports import JudgeUnavailable
from sandbox.pool import Pool
from sandbox.protocol import EXAMPLE, Ending, Failure, Report, SandboxFault

SEEDS_PER_JOB = 32
"""Trials drawn by one child: enough to spread the cost of its fork, few enough to stay within a frame."""
_MAX_OUTPUT = 1 << 16
_MAX_DETAIL = 200
_MAX_FOUND = 1_000
_EXCEPTIONS = frozenset(
    name for name, kind in vars(builtins).items() if isinstance(kind, type) and issubclass(kind, BaseException)
)


class CellJudge:
    """A :class:`bot.ports.Judge` on a pool of cells for answers and separate cells for reference runs.

    Where a question may be anybody's, ``prover`` should have cells of its own: an upload that never ends occupies its
    cells for minutes, and trials are drawn in the ``reference`` ones.
    """

    def __init__(self, pool: Pool, reference: ReferenceCells, prover: Prover) -> None:
        self._pool = pool
        self._reference = reference
        self._prover = prover

    async def judge(self, question: Question, code: str, scoring: Sequence[Trial], public: Sequence[Trial]) -> Verdict:
        """The verdict on ``code``. Raises :class:`JudgeUnavailable`."""
        started = time.perf_counter()
        report = await self._run(question, code, scoring)
        verdict = grade(question, _withheld(report), scoring)
        if not verdict.accepted and public and not _says_nothing(report):
            verdict = await self._shown(question, code, verdict, public)
        return replace(verdict, ms=(time.perf_counter() - started) * 1000)

    async def _shown(self, question: Question, code: str, verdict: Verdict, public: Sequence[Trial]) -> Verdict:
        """``verdict`` with its evidence from the public bank where the answer fails there too."""
        evidence = grade(question, await self._run(question, code, public), public)
        if evidence.accepted:
            return verdict
        return replace(evidence, outcome=verdict.outcome, passed=verdict.passed, total=verdict.total, spent_trial=None)

    async def run_example(self, question: Question, code: str, example: Trial) -> Report:
        """What ``code`` does on one trial. Raises :class:`JudgeUnavailable`."""
        return _bounded(await self._run(question, code, [example]))

    async def draw_trials(
        self, question: Question, seeds: Sequence[int], *, with_mistakes: bool = False
    ) -> tuple[Trial, ...]:
        """See :class:`bot.ports.Judge`; whatever runs, runs in reference cells. Raises :class:`JudgeUnavailable`."""
        try:
            match question.task:
                case CodeTask():
                    chunks = [seeds[start : start + SEEDS_PER_JOB] for start in range(0, len(seeds), SEEDS_PER_JOB)]
                    drawn = [await self._draw(question, chunk, with_mistakes) for chunk in chunks]
                    return tuple(trial for trials in drawn for trial in trials)
                case ValueTask(params=()):
                    return (value_trial(question, *await self._reference.run_twice(reference_job(question))),)
                case ValueTask() as task:
                    fillings = variants(task.params, seeds[0])
                    return tuple(await together(self._variant(question, filling) for filling in fillings))
                case ChoiceTask():
                    return (choice_trial(*await self._reference.run_twice(reference_job(question))),)
        except SandboxFault as fault:
            raise JudgeUnavailable(str(fault)) from fault

    async def prove(self, question: Question) -> Proof:
        """The proof of ``question``, its texts cut to what a person can read. Raises :class:`JudgeUnavailable`."""
        try:
            proof = await self._prover.prove(question)
        except SandboxFault as fault:
            raise JudgeUnavailable(str(fault)) from fault
        return replace(proof, checks=tuple(map(_readable, proof.checks)))

    async def torch_version(self) -> str:
        """Which torch its cells have, found out in one. Raises :class:`JudgeUnavailable`."""
        try:
            report = await self._reference.run_once(version_job())
        except SandboxFault as fault:
            raise JudgeUnavailable(str(fault)) from fault
        if report.failure or not report.trials:
            raise JudgeUnavailable(f"a cell could not say which torch it has ({report.ending.value})")
        return str(report.trials[0]["value"])

    async def _draw(self, question: Question, seeds: Sequence[int], with_mistakes: bool) -> tuple[Trial, ...]:
        example = seeds.index(EXAMPLE) if EXAMPLE in seeds else None
        trials = trials_from(question, *await self._reference.run_twice(reference_job(question, seeds)), example)
        if not with_mistakes:
            return trials
        jobs = [unhurried(answer_job(question, wrong.answer, trials)) for wrong in question.wrong_answers]
        reports = await together(map(self._reference.run_once, jobs))
        return mistakes_on(trials, reports)

    async def _variant(self, question: Question, filling: Mapping[str, str]) -> Trial:
        return variant_trial(question, filling, *await self._reference.run_twice(variant_job(question, filling)))

    async def _run(self, question: Question, code: str, trials: Sequence[Trial]) -> Report:
        try:
            return await self._pool.run(answer_job(question, code, trials))
        except SandboxFault as fault:
            raise JudgeUnavailable(str(fault)) from fault


def _withheld(report: Report) -> Report:
    """``report`` without the texts in which code could tell what the scoring inputs are."""
    failure = report.failure
    if failure:
        # A class can be named after an input, too.
        kind = failure.type if failure.type in _EXCEPTIONS else "Exception"
        failure = Failure(failure.stage, kind, "", failure.line, trial=failure.trial)
    return replace(report, failure=failure, output="", detail="")


def _says_nothing(report: Report) -> bool:
    """Whether a second run would tell the learner no more than the first, and cost another wait or more cells."""
    return report.ending is Ending.LOST_CELLS or (report.ending is Ending.TIME_LIMIT and not report.output)


def _bounded(report: Report) -> Report:
    """``report`` with its texts cut to what a person can be shown."""
    failure = cut_failure(report.failure) if report.failure else None
    return replace(report, failure=failure, output=report.output[:_MAX_OUTPUT], detail=report.detail[:_MAX_DETAIL])


def _readable(check: Check) -> Check:
    """``check`` with its texts cut: some repeat what the author wrote, and a file is larger than a message may be."""
    return replace(check, name=_cut(check.name), detail=_cut(check.detail), mend=_cut(check.mend))


def _cut(text: str) -> str:
    return text if len(text) <= _MAX_FOUND else f"{text[:_MAX_FOUND]}…"
