"""``chainrule grade``: judges one answer to a question file, in a cell that ran no author's code."""

from __future__ import annotations

import json
import secrets
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.authoring.loading import load_file
from bot.authoring.problems import Problems
from bot.core.answers import MAX_VALUE, Answer, Unreadable, read_choice, read_code, read_value
from bot.core.cards import Card, Facts, Plain, Tone
from bot.core.grading import grade_choice, grade_value
from bot.core.personal import filled, in_words, is_personal, variant_in
from bot.core.presenting.pieces import outcome_text
from bot.core.presenting.verdicts import judgement_blocks
from bot.core.questions import SCORED_TRIALS, VARIANTS, Bank, ChoiceTask, CodeTask, Option, Question, Trial, Unsound
from bot.core.verdicts import Outcome, Verdict
from bot.judging.config import SandboxConfig, choose_cells
from bot.judging.judge import CellJudge
from bot.judging.proving import VARIANTS_SEED, Prover
from bot.judging.reference_cells import ReferenceCells
from bot.platforms.console.screen import Screen, terminal_console
from bot.ports import JudgeUnavailable
from bot.usecases.banks import HANDFUL
from sandbox.pool import Pool
from sandbox.protocol import MAX_SOURCE

NOT_ACCEPTED, BAD, FAULT = 1, 2, 3

Tell = Callable[[str], None]


class BadUsage(Exception):
    """There is nothing to grade, or nothing to grade it by; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be graded: the bytes of an ``answer`` to the question in ``file``, on its ``variant`` if personal."""

    file: Path
    answer: bytes
    variant: int = 0


def read_answer(name: str) -> bytes:
    """The bytes of a file, or of standard input for ``-``; no more than is needed to see that they are too many.

    Raises :class:`BadUsage`.
    """
    if name == "-":
        return sys.stdin.buffer.read(MAX_SOURCE + 1)
    path = Path(name)
    try:
        with path.open("rb") as stream:
            return stream.read(MAX_SOURCE + 1)
    except OSError as error:
        advice = "Name a file that holds the answer, or - to pipe it in."
        raise BadUsage(f"{name} cannot be read ({error.strerror}). {advice}") from error


async def grade(config: SandboxConfig, asked: Asked, tell: Tell, *, as_json: bool) -> int:
    """Print the verdict and return the exit code: 0 accepted, 1 not, 2 nothing to grade by, 3 no cell can be had."""
    try:
        question = _question(asked.file)
        verdict = await _verdict(config, question, asked, tell)
    except BadUsage as error:
        tell(str(error))
        return BAD
    except JudgeUnavailable as fault:
        tell(f"the sandbox failed: {fault}. That says nothing about the answer; see chainrule doctor")
        return FAULT
    _print(question, verdict, as_json=as_json)
    return 0 if isinstance(verdict, Verdict) and verdict.accepted else NOT_ACCEPTED


def _question(file: Path) -> Question:
    if not file.is_file():
        raise BadUsage(f"{file} is not a question file. Name one, such as questions/square-gradient.md.")
    question = load_file(file)
    if isinstance(question, Problems):
        raise BadUsage(f"{file} cannot be used as a question:\n{question}")
    return question


async def _verdict(config: SandboxConfig, question: Question, asked: Asked, tell: Tell) -> Verdict | Unreadable:
    if asked.variant not in (range(VARIANTS) if is_personal(question) else (0,)):
        has = f"from 0 to {VARIANTS - 1}" if is_personal(question) else "0 alone, since it is not personal"
        raise BadUsage(f"there is no variant {asked.variant} of {question.id}; name one {has}.")
    answer = _read(question, asked.answer)
    if isinstance(answer, Unreadable):
        return answer
    cells = await choose_cells(config, tell)
    tell(f"starting {cells.kind} cells")
    try:
        # A cell of its own for code: that of the question's author ran in the others.
        async with Pool(cells, int(question.kind == "code")) as pool, ReferenceCells(cells) as reference:
            judge = CellJudge(pool, reference, Prover(cells, reference))
            if isinstance(answer, str):
                return await _judge_code(judge, question, answer)
            trials = await judge.draw_trials(question, [VARIANTS_SEED])
    except Unsound as error:
        raise BadUsage(f"{asked.file} is not sound: {error}. To see all of it: chainrule check {asked.file}") from error
    if isinstance(answer, Option):
        return grade_choice(question, answer.text)
    return _judge_value(question, trials[asked.variant], answer, tell)


def _read(question: Question, raw: bytes) -> str | Answer | Option | Unreadable:
    if isinstance(question.task, CodeTask):
        return read_code(raw)
    text = raw[: MAX_VALUE + 1].decode("utf-8", "replace")
    return read_choice(text, question.task.options) if isinstance(question.task, ChoiceTask) else read_value(text)


async def _judge_code(judge: CellJudge, question: Question, code: str) -> Verdict:
    scoring = await judge.draw_trials(question, _seeds(HANDFUL[Bank.SCORING]))
    if len(scoring) < SCORED_TRIALS:
        what = f"only {len(scoring)} of {HANDFUL[Bank.SCORING]} trials can tell right from wrong"
        raise Unsound(what, "let inputs(generator) draw values on which wrong code shows itself")
    public = await judge.draw_trials(question, _seeds(HANDFUL[Bank.PUBLIC]), with_mistakes=True)
    return await judge.judge(question, code, scoring[:SCORED_TRIALS], public)


def _seeds(count: int) -> list[int]:
    return [secrets.randbits(63) for _ in range(count)]


def _judge_value(question: Question, trial: Trial, answer: Answer, tell: Tell) -> Verdict:
    filling = variant_in(trial)
    if filling:
        tell("the numbers are " + in_words(filling))
    return grade_value(filled(question, filling), trial, answer)


# --- printing ----------------------------------------------------------------------------------------------


def _print(question: Question, verdict: Verdict | Unreadable, *, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps(_plain(verdict), indent=1) + "\n")
    else:
        Screen(terminal_console(sys.stdout), animated=False).card(_card(question, verdict))


def _plain(verdict: Verdict | Unreadable) -> Mapping[str, object]:
    if isinstance(verdict, Unreadable):
        verdict_word, verdict = "unreadable", Verdict(Outcome.WRONG_ANSWER, verdict.message)
    else:
        verdict_word = verdict.outcome.value
    return {
        "verdict": verdict_word,
        "diagnosis": verdict.diagnosis,
        "trials": {"passed": verdict.passed, "total": verdict.total},
        "ms": round(verdict.ms, 1),
        "output": verdict.output,
        "message": verdict.message,
    }


def _card(question: Question, verdict: Verdict | Unreadable) -> Card:
    if isinstance(verdict, Unreadable):
        return Card(f"Unreadable: {question.title}", (Plain(verdict.message),), Tone.WARNING)
    facts = [("trials", f"{verdict.passed} of {verdict.total} passed"), ("took", f"{verdict.ms:.0f} ms")]
    if verdict.diagnosis:
        facts.append(("diagnosis", verdict.diagnosis))
    blocks = (*judgement_blocks(verdict), Facts(tuple(facts)))
    title = f"{outcome_text(verdict).capitalize()}: {question.title}"
    return Card(title, blocks, Tone.GOOD if verdict.accepted else Tone.BAD)
