"""What is run in cells for a question: an answer, the author's solution, a snippet, or a proof."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.core.personal import filled
from bot.core.questions import ChoiceTask, CodeTask, Question, Trial, ValueTask, code_task, value_task
from sandbox.protocol import Job, Limits, Program

REFERENCE_SECONDS = 30


def answer_job(question: Question, code: str, trials: Sequence[Trial]) -> Job:
    """The job that runs ``code`` on the inputs of ``trials``; expected values stay here."""
    task = code_task(question)
    return Job(
        Program.ANSWER,
        source=code,
        entry=task.entry,
        observe=task.observe,
        backward=task.backward,
        probe=task.probe,
        trials=tuple(trial.inputs for trial in trials),
        limits=Limits(wall_ms=question.time_limit_ms),
    )


def reference_job(question: Question, seeds: Sequence[int] = ()) -> Job:
    """The job that runs an author's solution on inputs drawn by ``seeds``, or evaluates a snippet, or runs a proof.

    That of a personal question is :func:`variant_job`.
    """
    limits = Limits(wall_ms=REFERENCE_SECONDS * 1000)
    match question.task:
        case CodeTask() as task:
            return Job(
                Program.REFERENCE,
                source=task.solution,
                entry=task.entry,
                observe=task.observe,
                backward=task.backward,
                probe=task.probe,
                example=task.example,
                inputs=task.inputs,
                seeds=tuple(seeds),
                limits=limits,
            )
        case ValueTask() as task:
            return Job(Program.EXPRESSION, source=task.snippet, expressions=(task.expression,), limits=limits)
        case ChoiceTask() as task:
            return Job(Program.EXPRESSION, source=f"{task.snippet}\n{task.proof}", expressions=("True",), limits=limits)


def variant_job(question: Question, filling: Mapping[str, str]) -> Job:
    """The job that evaluates a personal question's expression, solution and wrong answers on one of its variants."""
    own = filled(question, filling)
    answers = (value_task(own).solution, *(wrong.answer for wrong in own.wrong_answers))
    job = reference_job(own)
    return replace(job, expressions=job.expressions + answers)


def version_job() -> Job:
    """The job that tells which torch a cell has."""
    limits = Limits(wall_ms=REFERENCE_SECONDS * 1000)
    return Job(Program.EXPRESSION, source="import torch", expressions=("str(torch.__version__)",), limits=limits)


def unhurried(job: Job) -> Job:
    """``job`` with an author's patience: the question's own limit is for the few trials of a submission."""
    return replace(job, limits=Limits(wall_ms=REFERENCE_SECONDS * 1000))
