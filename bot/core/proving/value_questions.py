"""What is asked of value and choice questions, from what their snippets and proofs gave in two cells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from bot.core.answers import Unreadable, read_value
from bot.core.grading import grade_value
from bot.core.personal import filled, in_words, is_personal, variant_in
from bot.core.proving.proof import Check, failed, passed, told_another, wrong_answer_row
from bot.core.questions import Question, Trial, value_task
from bot.core.showing import show
from bot.core.typed import Answer
from bot.core.typed_comparing import as_typed
from bot.core.words import counted

LEAST_VALUES = 4
"""How many different values the variants of a personal question must have."""
_MEND_WRONG = "write it as a learner would type it"


def check_values(question: Question, trials: Sequence[Trial]) -> Iterator[Check]:
    """The value can be typed, and every wrong answer is wrong and gets its own message, on every variant.

    ``trials`` is the one trial of the question, or one for each variant of a personal one.
    """
    yield _solution(question, trials).at("Solution")
    if is_personal(question):
        yield _variety(trials).at("key/params")
    for index in range(len(question.wrong_answers)):
        name = wrong_answer_row(question, index)
        problems = (_wrong_answer(filled(question, variant_in(trial)), index, trial) for trial in trials)
        problem = next((problem for problem in problems if problem), None)
        share = f" on all {len(trials)} variants" if is_personal(question) else ""
        check = failed(name, *problem) if problem else passed(name, f"is wrong{share}, with its own message")
        yield check.at(f"Wrong answers/{index + 1}")


def _solution(question: Question, trials: Sequence[Trial]) -> Check:
    if not is_personal(question):
        value = trials[0].expected["value"]
        return passed("solution", f"{value_task(question).solution} is what the snippet gives: {show(value, 80)}")
    for trial in trials:
        value = trial.expected["value"]
        typed = read_value(show(value, 4000))
        if isinstance(typed, Unreadable):
            detail = f"with {in_words(variant_in(trial))} the value cannot be typed: {show(value, 80)}"
            return failed("solution", detail, "ask for fewer numbers, or for a part of it")
    return passed("solution", f"says the same as the snippet on all {len(trials)} variants")


def _variety(trials: Sequence[Trial]) -> Check:
    shown = Counter(show(trial.expected["value"], 4000) for trial in trials)
    (usual, count), *_ = shown.most_common(1)
    if len(shown) == 1:
        detail = f"all {len(trials)} variants have the same value, {usual[:80]}"
    elif count * 2 > len(trials):
        detail = f"{count} of {counted(len(trials), 'variant')} have the same value, {usual[:80]}"
    elif len(shown) < LEAST_VALUES:
        detail = f"{counted(len(trials), 'variant')} have only {counted(len(shown), 'different value')}"
    else:
        return passed("variety", f"{counted(len(trials), 'variant')} have {counted(len(shown), 'different value')}")
    return failed("variety", detail, "use a placeholder where it changes the value, or leave `params` out")


def _wrong_answer(question: Question, index: int, trial: Trial) -> tuple[str, str] | None:
    """What is wrong with a wrong answer on one trial, and how to mend it."""
    at = f"with {in_words(variant_in(trial))} " if trial.inputs else ""
    answer = _answer(question, index, trial)
    if isinstance(answer, Unreadable):
        return f"{at}it cannot be read: {answer.message}", _MEND_WRONG
    verdict = grade_value(question, trial, answer)
    if verdict.accepted:
        return f"{at}it is right: {show(answer.value, 80)}", "take it out, or choose other numbers"
    problem = told_another(question, index, verdict.message, _MEND_WRONG)
    return (at + problem[0], problem[1]) if problem else None


def _answer(question: Question, index: int, trial: Trial) -> Answer | Unreadable:
    if trial.mistakes:
        return as_typed(trial.mistakes[index].observed["value"])
    return read_value(question.wrong_answers[index].answer)
