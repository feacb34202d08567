"""What is asked of a code question, from the runs of its solution, its starter and its wrong answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from bot.core.closeness import largest_difference, rounding
from bot.core.comparing import compare_trial
from bot.core.grading import cut_failure, grade
from bot.core.mistakes import mistakes_on
from bot.core.mutants import MUTANTS, Mutant, mutants
from bot.core.proving.faults import answer_line, code_fault
from bot.core.proving.lazy import Lazy, check_lazy
from bot.core.proving.proof import Check, State, failed, passed, refused, told_another, wrong_answer_row
from bot.core.questions import SCORED_TRIALS, CodeTask, Question, Trial, Unsound, code_task
from bot.core.reference import failed_draw, weighed_trials
from bot.core.showing import show
from bot.core.verdicts import Verdict
from bot.core.words import counted
from sandbox.protocol import Ending, Report
from sandbox.values import Value, encode

TRIALS = 8
"""Draws a question is proven on, beside its example."""
LEAST_INPUTS = 6
"""How many different inputs the draws must have among them."""
MOST_OF_THE_TIME = 1 / 3
"""The share of the time limit a solution may take: learners' code is slower, and so are other machines."""
LITTLE_OUTPUT = 400
"""Characters a solution may print; learners take it for a pattern."""
_UNWRITTEN = frozenset({"NameError", "UnboundLocalError", "ImportError", "ModuleNotFoundError"})
"""The exceptions that say nothing about what an answer does, but that it was not written to the end."""
_MEND_WRONG = "see that it runs and returns wrong values"
ROUNDINGS = 1000
"""Units in the last place that two runs of one sum may differ by."""


@dataclass(frozen=True, slots=True)
class Draws:
    """What two reference runs of :data:`TRIALS` seeds, and of the example where there is one, gave.

    ``trials`` are the sound draws; ``refused`` says why each of the others is not. Both are empty where the runs came
    to nothing; ``problem`` says why. ``example`` says why the example is not sound.
    """

    first: Report
    second: Report
    trials: tuple[Trial, ...]
    refused: tuple[Unsound, ...]
    example: Unsound | None = None
    problem: Unsound | None = None


@dataclass(frozen=True, slots=True)
class Answers:
    """How answers ran on the inputs of the sound trials.

    ``solution`` ran on as many as an answer is scored by. ``wrong`` are parallel to the question's wrong answers.
    ``detached`` is the solution with what it returns cut off the graph, ``None`` where that means nothing. ``lazy`` are
    the lazy answers, each with its run.
    """

    solution: Report
    starter: Report
    wrong: tuple[Report, ...]
    detached: Report | None
    lazy: tuple[tuple[Lazy, Report], ...]


def draws(question: Question, first: Report, second: Report) -> Draws:
    """The trials of two reference runs, each weighed by itself."""
    try:
        weighed = weighed_trials(question, first, second, _example(question))
    except Unsound as unsound:
        return Draws(first, second, (), (), problem=unsound)
    flaws = [flaw for _, flaw in weighed]
    sound = tuple(trial for trial, flaw in weighed[:TRIALS] if flaw is None)
    return Draws(first, second, sound, tuple(filter(None, flaws[:TRIALS])), next(iter(flaws[TRIALS:]), None))


def _example(question: Question) -> int | None:
    """The place of the author's example among the draws."""
    return TRIALS if code_task(question).example else None


def check_draws(question: Question, drawn: Draws) -> Iterator[Check]:
    """The solution runs, alike in two cells, on trials that can tell right from wrong and differ from each other."""
    example = _example(question)
    for report in (drawn.first, drawn.second):
        if unsound := failed_draw(question, report, example):
            on_example = example is not None and report.failure is not None and report.failure.trial == example
            yield code_fault(question, report, unsound, on_example=on_example)
            return
    steady = _determinism(drawn)
    yield steady.at("Inputs")
    if steady.state is State.OK:
        yield _soundness(drawn).at("Inputs")
        if example is not None and drawn.problem is None:
            yield _example_check(drawn.example).at("Example")
    if len(drawn.trials) > 1:
        yield _variety(question, drawn).at("Inputs")


def _determinism(drawn: Draws) -> Check:
    mend = "draw everything from the generator that `inputs` is given, and use no other random numbers"
    pairs = list(zip(drawn.first.trials, drawn.second.trials, strict=False))
    for index, (one, other) in enumerate(pairs, 1):
        if encode(one["inputs"]) != encode(other["inputs"]):
            return failed("same twice", f"the inputs of trial {index} differ from run to run", mend)
        if name := _unsteady(one["observed"], other["observed"]):
            return failed("same twice", f"`{name}` differs from run to run on trial {index}", mend)
    return passed("same twice", f"{counted(len(pairs), 'trial')} gave the same values in two cells")


def _unsteady(one: Value, other: Value) -> str | None:
    """The first observation that two runs disagree on by more than reordered sums can explain."""
    if not isinstance(one, Mapping) or not isinstance(other, Mapping):
        return "what came back"
    pairs = ((name, value, other.get(name)) for name, value in one.items())
    return next((n for n, v, again in pairs if largest_difference(v, again) > ROUNDINGS * rounding(v)), None)


def _soundness(drawn: Draws) -> Check:
    if drawn.problem:
        return refused("trials", drawn.problem)
    total = len(drawn.trials) + len(drawn.refused)
    if not drawn.refused:
        return passed("trials", f"all {total} can tell right from wrong")
    flaw = drawn.refused[0]
    if len(drawn.refused) * 2 <= total:
        detail = (
            f"{len(drawn.trials)} of {total} draws can tell right from wrong; the others are left out ({flaw.what})"
        )
        return passed("trials", detail)
    detail = f"{len(drawn.refused)} of {counted(total, 'trial')} cannot tell right from wrong: {flaw.what}"
    return failed("trials", detail, flaw.mend)


def _example_check(flaw: Unsound | None) -> Check:
    if flaw is None:
        return passed("example", "can tell right from wrong")
    return failed("example", f"it cannot tell right from wrong: {flaw.what}", flaw.mend)


def _variety(question: Question, drawn: Draws) -> Check:
    task, trials = code_task(question), drawn.trials
    first, *others = trials
    same = [
        f"`{name}`"
        for name, value in first.expected.items()
        if name not in {*task.trust, *task.zero} and all(trial.expected[name] == value for trial in others)
    ]
    if same:
        mend = "draw inputs that make it differ from trial to trial, or leave it out of `observe`"
        verb = "is" if len(same) == 1 else "are"
        return failed("variety", f"{' and '.join(same)} {verb} the same on all {counted(len(trials), 'trial')}", mend)
    different = len({encode(trial["inputs"]) for trial in drawn.first.trials[:TRIALS]})
    if different < LEAST_INPUTS:
        detail = f"{TRIALS} draws gave only {counted(different, 'different input')}"
        return failed("variety", detail, "let `inputs` draw from more values, or sizes")
    count, usual = max(((_as_on(task, trials, trial), trial) for trial in trials), key=lambda found: found[0])
    if count * 2 > len(trials):
        shown = ", ".join(f"`{name}` {show(value, 80)}" for name, value in _deciding(task, usual).items())
        detail = f"an answer that always gives {shown} would pass {count} of {counted(len(trials), 'trial')}"
        return failed("variety", detail, "draw inputs that make it differ more, or observe something else as well")
    return passed("variety", "every observation differs from trial to trial")


def _as_on(task: CodeTask, trials: Sequence[Trial], usual: Trial) -> int:
    """How many trials would be passed by what is expected on one of them."""
    return sum(
        not compare_trial(task, replace(trial, expected=_deciding(task, trial)), usual.expected) for trial in trials
    )


def _deciding(task: CodeTask, trial: Trial) -> Mapping[str, Value]:
    silent = {*task.trust, *task.zero}
    return {name: value for name, value in trial.expected.items() if name not in silent}


# --- answers -----------------------------------------------------------------------------------------------


def check_answers(question: Question, drawn: Draws, answers: Answers) -> Iterator[Check]:
    """The solution is accepted in good time, and nothing else is."""
    yield _solution(question, drawn.trials, answers.solution).at("Solution", answer_line(answers.solution))
    yield _starter(question, drawn.trials, answers.starter).at("Starter", answer_line(answers.starter))
    yield from _wrong_answers(question, drawn.trials, answers.wrong)
    lazy = check_lazy(question, drawn.trials, answers.lazy, [answers.starter, *answers.wrong])
    yield lazy.at("Probe" if code_task(question).probe else "Inputs")
    yield _mutants(question, drawn.trials, answers.detached).at("Inputs")
    yield _time(question, answers.solution).at("Solution")
    yield _output(answers.solution).at("Solution")


def _solution(question: Question, trials: Sequence[Trial], report: Report) -> Check:
    verdict = grade(question, report, trials[:SCORED_TRIALS])
    if verdict.accepted:
        return passed("solution", f"accepted on {counted(verdict.total, 'trial')}, as a learner's answer is")
    mend = "run it by itself; what is observed must not depend on how often it ran before"
    return failed("solution", f"run as a learner's answer it is not accepted: {verdict.message}", mend)


def _starter(question: Question, trials: Sequence[Trial], report: Report) -> Check:
    if unwritten := _unwritten(question, report, starter=True):
        return failed("starter", *unwritten)
    verdict = grade(question, report, trials)
    if not verdict.passed:
        return passed("starter", f"fails: {verdict.outcome.value}")
    detail = f"the starter passes {verdict.passed} of {counted(verdict.total, 'trial')}"
    return failed("starter", detail, "leave the point of the question out of it, or draw inputs that tell")


def _wrong_answers(question: Question, trials: Sequence[Trial], reports: Sequence[Report]) -> Iterator[Check]:
    known = mistakes_on(trials, reports)
    for index, report in enumerate(reports):
        name = wrong_answer_row(question, index)
        verdict = grade(question, report, known)
        problem = _unwritten(question, report) or _too_right(verdict)
        problem = problem or told_another(question, index, verdict.message, _MEND_WRONG)
        share = "every trial" if not verdict.passed else f"{verdict.total - verdict.passed} of {verdict.total} trials"
        check = failed(name, *problem) if problem else passed(name, f"fails on {share}, with its own message")
        yield check.at(f"Wrong answers/{index + 1}", answer_line(report))


def _unwritten(question: Question, report: Report, *, starter: bool = False) -> tuple[str, str] | None:
    """Why an answer is no program that could be right or wrong; a ``starter`` may have gaps in what it calls."""
    failure = cut_failure(report.failure) if report.failure else None
    if failure and failure.stage == "entry":
        return f"it does not define `{code_task(question).entry}`", "define it at the top level"
    if failure and (failure.stage in ("compile", "import") or (failure.type in _UNWRITTEN and not starter)):
        where = f" in line {failure.line}" if failure.line else ""
        return f"it raises {failure.type}{where}: {' '.join(failure.message.split())}", "write code that runs"
    return None


def _too_right(verdict: Verdict) -> tuple[str, str] | None:
    if verdict.passed * 2 < verdict.total:
        return None
    mend = "draw inputs on which it goes wrong, or take it out"
    return f"it passes {verdict.passed} of {counted(verdict.total, 'trial')}", mend


def _mutants(question: Question, trials: Sequence[Trial], detached: Report | None) -> Check:
    task = code_task(question)
    tried = list(mutants(task, trials))
    survivors = [said for mutant in tried if (said := _survival(question, mutant))]
    if detached is not None:
        verdict = grade(question, detached, trials)
        survivors += [f"the solution with its result detached passes on {verdict.passed} trials"] * bool(verdict.passed)
    if survivors:
        mend = "draw inputs on which it goes wrong, or list it under `accepts` where it is a right answer"
        more = f", and {len(survivors) - 1} more" if len(survivors) > 1 else ""
        return failed("mutants", survivors[0] + more, mend)
    accepted = f"; accepted by the author: {', '.join(task.accepts)}" if task.accepts else ""
    return passed(
        "mutants", f"{counted(len(tried), 'mechanical change')} of the right values are all refused{accepted}"
    )


def _survival(question: Question, mutant: Mutant) -> str:
    verdict = grade(question, Report(Ending.COMPLETED, mutant.observed), mutant.trials)
    if not verdict.passed:
        return ""
    where = " and ".join(f"`{name}`" for name in mutant.observations)
    share = f"{verdict.passed} of {counted(verdict.total, 'trial')}"
    return f"{MUTANTS[mutant.name]} in {where} (`{mutant.name}`) would pass {share}"


def _time(question: Question, report: Report) -> Check:
    detail = f"the solution takes {report.wall_ms:.0f} ms of {question.time_limit_ms} ms"
    if is_quick(question, report):
        return passed("time", detail)
    return failed("time", f"{detail}, more than a third", "make the sizes smaller, or raise `time_limit`")


def is_quick(question: Question, report: Report) -> bool:
    """Whether the run in ``report`` left learners' code, and slower machines, enough of the question's time."""
    return report.wall_ms <= MOST_OF_THE_TIME * question.time_limit_ms


def _output(report: Report) -> Check:
    size = len(report.output)
    if size <= LITTLE_OUTPUT:
        return passed("output", "the solution prints nothing" if not size else f"the solution prints {size} characters")
    return failed("output", f"the solution prints {size} characters", "take out the print calls")
