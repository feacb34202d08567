"""From what the sandbox reported to a verdict: compares outside the cell, and finds the words for the learner.

A report comes from an untrusted process. It decides nothing but which values are compared; its texts are cut to size
here and shown as plain text by whoever shows them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.core.answers import Unreadable, read_value
from bot.core.comparing import Difference, compare_trial
from bot.core.failures import failure_message
from bot.core.mistakes import observed_on, recognised
from bot.core.questions import CodeTask, Question, Trial, WrongAnswer, choice_task, code_task
from bot.core.relations import relation
from bot.core.showing import show
from bot.core.typed import Answer
from bot.core.typed_comparing import compare_answer
from bot.core.verdicts import FailingTrial, Outcome, Verdict
from bot.core.words import counted
from sandbox.protocol import Ending, Failure, Report
from sandbox.values import Value

_MAX_INPUTS = 8
_MAX_MISMATCHES = 8


def grade(question: Question, report: Report, trials: Sequence[Trial]) -> Verdict:
    """The verdict on a code answer that was run on ``trials``, in that order.

    Accepted is only what completed and gave the expected value of every observation of every trial. The failing case
    is the first failing trial; ``spent_trial`` its id, for whoever shows it. An answer that did what a known wrong
    answer did is told the author's words, and ``diagnosis`` is its name; otherwise, where the values are in one simple
    relation to the expected ones, that. Raises ValueError without trials: nothing is accepted because nothing was
    compared.
    """
    if not trials or not all(trial.expected for trial in trials):
        raise ValueError(f"{question.id} has a trial bank with nothing to compare")
    failure = cut_failure(report.failure) if report.failure else None
    task = code_task(question)
    found = [compare_trial(task, trial, observed_on(report, index)) for index, trial in enumerate(trials)]
    passed = sum(not differences for differences in found)
    verdict = Verdict(Outcome.ACCEPTED, "", passed, len(trials), failure=failure, output=report.output)
    if report.ending is not Ending.COMPLETED:
        outcome, message = _ended(question, report)
        return replace(verdict, outcome=outcome, message=message)
    if failure:
        message = failure_message(failure, task)
        verdict = replace(verdict, outcome=Outcome.RUNTIME_ERROR, message=message)
    elif passed == len(trials):
        return replace(verdict, message=f"Your code gives the right values on all {counted(passed, 'trial')}.")
    else:
        verdict = replace(_wrong(verdict, trials, found), diagnosis=_clause(task, report, trials, found))
    known = recognised(question, report, trials)
    return replace(verdict, message=known.message, diagnosis=known.name, by_author=True) if known else verdict


def grade_value(question: Question, trial: Trial, answer: Answer) -> Verdict:
    """The verdict on a typed answer, by the one ``trial`` there is or that of the learner's variant.

    A wrong one known to the author is answered in the author's words, and ``diagnosis`` is its name. A wrong verdict
    never tells the expected value: there may be attempts left.
    """
    expected = trial.expected["value"]
    mismatch = compare_answer(expected, answer)
    if mismatch is None:
        return Verdict(Outcome.ACCEPTED, f"Right: it is {show(expected)}.", 1, 1)
    known = _known_wrong(question, trial, answer)
    if known:
        return Verdict(Outcome.WRONG_ANSWER, known.message, 0, 1, diagnosis=known.name, by_author=True)
    return Verdict(Outcome.WRONG_ANSWER, mismatch.message, 0, 1)


def _known_wrong(question: Question, trial: Trial, answer: Answer) -> WrongAnswer | None:
    for index, wrong in enumerate(question.wrong_answers):
        if index < len(trial.mistakes):  # of a personal question: its wrong answers are expressions, with these values
            value = trial.mistakes[index].observed["value"]
        else:
            read = read_value(wrong.answer)
            if isinstance(read, Unreadable):
                continue
            value = read.value
        if compare_answer(value, answer) is None:
            return wrong
    return None


def grade_choice(question: Question, option_text: str) -> Verdict:
    """The verdict on the option that reads ``option_text``, with its note. Raises ValueError where there is none."""
    options = choice_task(question).options
    option = next((option for option in options if option.text == option_text), None)
    if option is None:
        raise ValueError(f"{question.id} has no such option")
    outcome = Outcome.ACCEPTED if option.right else Outcome.WRONG_ANSWER
    return Verdict(outcome, option.note, int(option.right), 1, by_author=True)


# --- code --------------------------------------------------------------------------------------------------


def _clause(task: CodeTask, report: Report, trials: Sequence[Trial], found: Sequence[tuple[Difference, ...]]) -> str:
    """The relation that holds on every failing trial for what is wrong there first; "" where there is none."""
    clause = ""
    for index, trial in enumerate(trials):
        if found[index]:
            this = _relation(task, trial, observed_on(report, index), found[index][0].observation)
            if not this or (clause and this != clause):
                return ""
            clause = this
    return clause


def _relation(task: CodeTask, trial: Trial, observed: Mapping[str, Value], name: str) -> str:
    if name in task.zero or name not in observed or name not in trial.expected:
        return ""
    return relation(trial.expected[name], observed[name]) or ""


def _wrong(verdict: Verdict, trials: Sequence[Trial], found: Sequence[tuple[Difference, ...]]) -> Verdict:
    index = next(index for index, differences in enumerate(found) if differences)
    trial = trials[index]
    mismatches = tuple(difference.mismatch() for difference in found[index][:_MAX_MISMATCHES])
    inputs = tuple((name, show(value)) for name, value in list(trial.inputs.items())[:_MAX_INPUTS])
    failed = verdict.total - verdict.passed
    share = (
        f"all {counted(failed, 'trial')}"
        if failed == verdict.total
        else f"{failed} of {counted(verdict.total, 'trial')}"
    )
    return replace(
        verdict,
        outcome=Outcome.WRONG_ANSWER,
        message=f"Your code ran, but its values are wrong on {share}: {mismatches[0].message}",
        failing=FailingTrial(inputs, mismatches),
        spent_trial=trial.id or None,
    )


def _ended(question: Question, report: Report) -> tuple[Outcome, str]:
    detail = f" ({_line(report.detail, 160)})" if report.detail else ""
    match report.ending:
        case Ending.TIME_LIMIT:
            return Outcome.TIME_LIMIT, (
                f"Your code was stopped after {question.time_limit_ms / 1000:g} s. Look for a loop that never ends; "
                "a DataLoader needs num_workers=0, since its workers cannot start here."
            )
        case Ending.MEMORY_LIMIT:
            return Outcome.MEMORY_LIMIT, (
                "Your code asked for more memory than a submission may have. Look for a tensor that is far too large, "
                "or a list that keeps growing."
            )
        case Ending.OUTPUT_LIMIT:
            return Outcome.OUTPUT_LIMIT, (
                "Your code printed more than a submission may print and was stopped. Take out the print calls, "
                "above all those in a loop."
            )
        case Ending.FORBIDDEN:
            return Outcome.FORBIDDEN, (
                f"Your code asked the system for something a submission may not do{detail}. "
                "No question needs files, processes or the network."
            )
        case Ending.LOST_CELLS:
            return Outcome.CRASHED_SANDBOX, (
                "Your code brought down the sandbox twice, while other code ran well in it. "
                "Take out whatever reaches beyond tensors, and send it again."
            )
    return Outcome.RUNTIME_ERROR, (
        f"Your code ended the process before it returned a value{detail}. "
        "Leave out exit calls, and let the function return."
    )


def cut_failure(failure: Failure) -> Failure:
    """``failure`` with every text, number and list of it cut to what can be shown."""
    return replace(
        failure,
        stage=_line(failure.stage, 20),
        type=_line(failure.type, 80),
        message=failure.message[:600],
        text=failure.text[:200],
        line=_position(failure.line),
        caret=_position(failure.caret),
        trial=_position(failure.trial),
        names=tuple(_line(name, 80) for name in failure.names[:10]),
    )


def _position(number: int | None) -> int | None:
    return number if number is not None and 0 <= number < 1_000_000 else None


def _line(text: str, limit: int) -> str:
    return "".join(character if character.isprintable() else " " for character in text[:limit])
