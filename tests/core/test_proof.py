from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from bot.core.closeness import Tolerance
from bot.core.proving.code_questions import Answers, check_answers, check_draws, draws
from bot.core.proving.faults import choice_fault, value_fault, variants_fault
from bot.core.proving.lazy import Lazy
from bot.core.proving.proof import Check, Proof, State, failed, passed, skipped
from bot.core.proving.value_questions import check_values
from bot.core.questions import (
    ChoiceTask,
    CodeTask,
    Level,
    Param,
    Question,
    Task,
    Trial,
    Unsound,
    ValueTask,
    WrongAnswer,
)
from bot.core.questions import Mistake as Did
from bot.core.reference import MEND_RIGHT, value_trial, variant_trial
from sandbox.protocol import Ending, Failure, Report
from sandbox.values import Value
from tests.core.arrays import tensor

INPUTS = [[1.0, 2.0 * index] for index in range(1, 9)]


def question(task: Task, *wrong: WrongAnswer) -> Question:
    return Question("q", "Q", Level.EASY, ("t",), "p", task, wrong, (), "e", 5_000)


CODE = question(
    CodeTask("f", "", "", "", ("result",)), WrongAnswer("a", "It is tripled.", "Tripled"), WrongAnswer("b", "It is x.")
)


def doubled(scale: float = 2.0, inputs: Sequence[list[float]] = INPUTS) -> list[Mapping[str, Value]]:
    return [{"result": tensor([scale * number for number in numbers])} for numbers in inputs]


def reference(observed: Sequence[Mapping[str, Value]], inputs: Sequence[list[float]] = INPUTS) -> Report:
    trials = [
        {"inputs": {"x": tensor(numbers)}, "observed": seen, "observed64": None}
        for numbers, seen in zip(inputs, observed, strict=True)
    ]
    return Report(Ending.COMPLETED, tuple(trials))


def by_name(checks: Sequence[Check]) -> dict[str, Check]:
    return {check.name: check for check in checks}


def drawn_checks(first: Report, second: Report, asked: Question = CODE) -> dict[str, Check]:
    return by_name(list(check_draws(asked, draws(asked, first, second))))


def test_a_proof_holds_when_something_was_checked_and_nothing_failed() -> None:
    assert Proof("q", (passed("a", ""), skipped("b", ""))).ok
    assert not Proof("q", (passed("a", ""), failed("b", "", ""))).ok
    assert not Proof("q", ()).ok


def test_steady_telling_and_different_trials_are_what_a_question_needs() -> None:
    good = reference(doubled())
    checks = drawn_checks(good, good)
    assert {name: check.state for name, check in checks.items()} == dict.fromkeys(
        ("same twice", "trials", "variety"), State.OK
    )


SAME = doubled(inputs=[INPUTS[0]] * 8)
UNSOUND = [*doubled()[:3], *([{"result": tensor([0, 0])}] * 5)]
MOSTLY_SOUND = [*doubled()[:5], *([{"result": tensor([0, 0])}] * 3)]
DRAWS = [
    (doubled(), doubled(2.1), "same twice", State.FAILED, "`result` differs from run to run on trial 1"),
    (doubled(), doubled(2 * (1 + 1e-7)), "same twice", State.OK, "8 trials gave the same values"),
    (SAME, SAME, "variety", State.FAILED, "`result` is the same on all 8 trials"),
    (UNSOUND, UNSOUND, "trials", State.FAILED, "5 of 8 trials cannot tell right from wrong: no observation"),
    (
        MOSTLY_SOUND,
        MOSTLY_SOUND,
        "trials",
        State.OK,
        "5 of 8 draws can tell right from wrong; the others are left out (no obs",
    ),
]


@pytest.mark.parametrize(("first", "second", "name", "state", "detail"), DRAWS)
def test_what_two_runs_drew_is_told(
    first: list[Mapping[str, Value]], second: list[Mapping[str, Value]], name: str, state: State, detail: str
) -> None:
    check = drawn_checks(reference(first), reference(second))[name]
    assert check.state is state
    assert detail in check.detail
    assert bool(check.mend) == (state is State.FAILED)


FEW = [INPUTS[index % 5] for index in range(8)]
MOSTLY_ONE = [2.0, 3.0, 4.0, 5.0, 5.0, 5.0, 5.0, 5.0]
VARIETY = [
    (doubled(inputs=FEW), FEW, "8 draws gave only 5 different inputs"),
    (
        [{"result": tensor([number])} for number in MOSTLY_ONE],
        INPUTS,
        "an answer that always gives `result` tensor([5.]) would pass 5 of 8 trials",
    ),
]


@pytest.mark.parametrize(("observed", "inputs", "detail"), VARIETY)
def test_a_few_values_are_learnt_by_heart(
    observed: list[Mapping[str, Value]], inputs: list[list[float]], detail: str
) -> None:
    report = reference(observed, inputs)
    check = drawn_checks(report, report)["variety"]
    assert (check.state, check.detail) == (State.FAILED, detail)
    assert check.mend


def test_half_of_the_trials_may_expect_the_same() -> None:
    report = reference([{"result": tensor([number])} for number in [2.0, 3.0, 4.0, *MOSTLY_ONE[4:], 6.0]])
    assert drawn_checks(report, report)["variety"].state is State.OK


EXAMPLE = replace(CODE, task=CodeTask("f", "", "", "", ("result",), example="{'x': ...}"))
WITH_EXAMPLE = [*INPUTS, [1.0, 1.0]]


@pytest.mark.parametrize(
    ("example", "state", "detail"),
    [
        ([2.0, 2.0], State.OK, "can tell right from wrong"),
        ([0.0, 0.0], State.FAILED, "it cannot tell right from wrong: no observation holds a number other than zero"),
    ],
)
def test_an_example_has_a_row_of_its_own_and_is_no_draw(example: list[float], state: State, detail: str) -> None:
    good = reference([*doubled(), {"result": tensor(example)}], WITH_EXAMPLE)
    checks = drawn_checks(good, good, EXAMPLE)
    assert list(checks) == ["same twice", "trials", "example", "variety"]
    assert checks["example"].state is state
    assert detail in checks["example"].detail
    assert bool(checks["example"].mend) == (state is State.FAILED)
    assert checks["trials"].detail == "all 8 can tell right from wrong"


def test_inputs_that_differ_from_run_to_run_are_refused() -> None:
    other = reference(doubled(), [[2.0, 3.0], *INPUTS[1:]])
    check = drawn_checks(reference(doubled()), other)["same twice"]
    assert (check.state, check.detail) == (State.FAILED, "the inputs of trial 1 differ from run to run")


def test_a_claim_may_be_the_same_on_all_trials() -> None:
    claims = [{**seen, "is_leaf": True} for seen in doubled()]
    task = CodeTask("f", "", "", "", ("result", "is_leaf"), trust=("is_leaf",))
    good = reference(claims)
    assert drawn_checks(good, good, replace(CODE, task=task))["variety"].state is State.OK


FAILURES = [
    (Report(Ending.TIME_LIMIT), "was stopped when its time was up", "never ends"),
    (Report(Ending.OUTPUT_LIMIT), "printed more than a run may print", "print"),
    (Report(Ending.MEMORY_LIMIT), "more memory", "smaller"),
    (Report(Ending.FORBIDDEN, detail="SIGSYS"), "may not do (SIGSYS)", "network"),
    (Report(Ending.CRASHED), "ended its process", "exit"),
    (Report(Ending.COMPLETED, failure=Failure("call", "KeyError", "'x'", line=3)), "in line 3: KeyError: 'x'", "line"),
    (Report(Ending.COMPLETED, failure=Failure("entry", "NameError", "f")), "does not define `f`", "define"),
    (Report(Ending.COMPLETED, failure=Failure("inputs", "TypeError", "no")), "`inputs(generator)` failed", "dict"),
    (Report(Ending.COMPLETED, failure=Failure("probe", "TypeError", "no")), "the probe failed", "probe"),
]


@pytest.mark.parametrize(("report", "detail", "mend"), FAILURES)
def test_a_solution_that_does_not_run_is_told_with_what_to_do(report: Report, detail: str, mend: str) -> None:
    checks = drawn_checks(report, report)
    assert list(checks) == ["solution"]
    assert detail in checks["solution"].detail
    assert mend in checks["solution"].mend


PROBED = replace(
    CODE,
    task=CodeTask(
        "f", "", "", "", ("result", "frist"), probe="def probe(f, x, up):\n    return {'result': f(x), 'first': up}\n"
    ),
)
UNNAMED = Failure("observe", "UnobservableError", "the dict that the probe returned has no 'frist'", trial=0)
UNEXPECTED = Failure("probe", "TypeError", "probe() got an unexpected keyword argument 'upstream'", trial=0)
UNPARSED = Failure("inputs", "SyntaxError", "invalid syntax", line=3, text="x = = 1")
FAULTS = [
    (UNNAMED, "key/observe", None, "`observe` names `frist`", "name what the probe returns: result, first"),
    (UNEXPECTED, "Probe", None, "unexpected keyword argument 'upstream'", "of the probe, which takes f, x, up"),
    (UNPARSED, "Inputs", 3, "in line 3 (`x = = 1`)", "mend that line"),
    (Failure("call", "KeyError", "'x'", line=2, trial=0), "Solution", 2, "KeyError", "mend that line"),
    (Failure("probe", "KeyError", "'x'", line=2, trial=0), "Probe", 2, "KeyError", "mend that line of the probe"),
]


@pytest.mark.parametrize(("failure", "section", "line", "detail", "mend"), FAULTS)
def test_what_an_authors_code_did_is_told_where_it_stands(
    failure: Failure, section: str, line: int | None, detail: str, mend: str
) -> None:
    report = Report(Ending.COMPLETED, failure=failure)
    check = drawn_checks(report, report, PROBED)["solution"]
    assert (check.section, check.line) == (section, line)
    assert detail in check.detail
    assert check.mend.endswith(mend)


CHOICE = question(ChoiceTask((), "y = 2\nassert x > y", "x = 1\nz = 3"))


@pytest.mark.parametrize(
    ("report", "section", "line"),
    [
        (Report(Ending.COMPLETED, failure=Failure("compile", "SyntaxError", "no", line=2)), "Snippet", 2),
        (Report(Ending.COMPLETED, failure=Failure("compile", "SyntaxError", "no", line=3)), "Proof", 1),
        (Report(Ending.COMPLETED, ({"value": "A", "raised": "AssertionError: assert x > y"},)), "Proof", 2),
        (Report(Ending.COMPLETED, ({"value": "A", "raised": "AssertionError: other"},)), "Proof", None),
        (Report(Ending.TIME_LIMIT), "Proof", None),
    ],
)
def test_the_line_of_snippet_and_proof_is_told_in_the_one_it_stands_in(
    report: Report, section: str, line: int | None
) -> None:
    check = choice_fault(CHOICE, report, Unsound("it failed", "mend it"))
    assert (check.section, check.line) == (section, line)


GIVEN: list[Mapping[str, Value]] = [{"value": 6.0, "raised": ""}, {"value": 6.0, "raised": ""}]
VALUE_FAULTS = [
    ([GIVEN[:1], GIVEN[:1]], "Solution"),
    ([GIVEN[:1], [{"value": 7.0, "raised": ""}]], "Snippet"),
    ([[{"value": "KeyError", "raised": "KeyError: 'x'"}]] * 2, "Snippet"),
    ([[GIVEN[0], {"value": "NameError", "raised": "NameError: x"}, GIVEN[0]]] * 2, "Solution"),
    ([[*GIVEN, {"value": 6.0, "raised": ""}]] * 2, "Wrong answers/1"),
    ([[*GIVEN, {"value": 5.0, "raised": ""}, GIVEN[0]]] * 2, "Wrong answers/2"),
]


@pytest.mark.parametrize(("runs", "section"), VALUE_FAULTS)
def test_what_a_value_question_did_is_told_where_it_stands(runs: list[list[Mapping[str, Value]]], section: str) -> None:
    wrong = tuple(WrongAnswer(str(number), "No.") for number in range(len(runs[0]) - 2))
    asked = question(ValueTask("x = 3.0", "x * 2", "8"), *wrong)
    first, second = map(ran, runs)
    with pytest.raises(Unsound) as why:
        value_trial(asked, first, second) if len(runs[0]) == 1 else variant_trial(asked, {"a": "1"}, first, second)
    assert value_fault([first, second], why.value).section == section


def test_a_wrong_answer_that_is_right_on_all_variants_is_the_one_to_change() -> None:
    right = failed("solution", "with a = 1: the wrong answer “x” is right: 2", MEND_RIGHT).at("Wrong answers/1")
    assert variants_fault([right] * 15, 16) is right
    everywhere = variants_fault([right] * 16, 16)
    assert everywhere.mend == "change the wrong answer"
    assert everywhere.section == "Wrong answers/1"


def test_an_example_that_does_not_run_is_not_put_to_the_generator() -> None:
    report = Report(Ending.COMPLETED, failure=Failure("inputs", "TypeError", "no", trial=8))
    assert drawn_checks(report, report, EXAMPLE)["solution"].detail == "the example failed: TypeError: no"


# --- answers -----------------------------------------------------------------------------------------------


def ran(observed: Sequence[Mapping[str, Value]], **rest: object) -> Report:
    return Report(Ending.COMPLETED, tuple(observed), **rest)  # type: ignore[arg-type]


RIGHT = Answers(
    solution=ran(doubled()[:3], wall_ms=12),
    starter=ran(doubled(0.5)),
    wrong=(ran(doubled(3)), ran(doubled(1))),
    detached=None,
    lazy=((Lazy("does nothing", ""), ran([{"result": None}] * 8)),),
)


def answer_checks(answers: Answers, asked: Question = CODE) -> dict[str, Check]:
    good = reference(doubled())
    return by_name(list(check_answers(asked, draws(asked, good, good), answers)))


def test_a_good_question_passes_every_check_of_its_answers() -> None:
    checks = answer_checks(RIGHT)
    assert list(checks) == [
        "solution",
        "starter",
        "wrong answer 1: Tripled",
        "wrong answer 2",
        "lazy answers",
        "mutants",
        "time",
        "output",
    ]
    assert {check.state for check in checks.values()} == {State.OK}
    assert checks["wrong answer 1: Tripled"].detail == "fails on every trial, with its own message"


RAISED = Failure("call", "RuntimeError", "no grad_fn", line=2, trial=0)
GAP = Failure("call", "NameError", "name 'y' is not defined", line=2, trial=0)
CUT = Failure("compile", "SyntaxError", "invalid syntax", line=3)
NAMELESS = Failure("entry", "NameError", "f")
HALF_RIGHT = [*doubled()[:4], *doubled(3)[4:]]
MOSTLY_WRONG = [*doubled()[:1], *doubled(3)[1:]]
ANSWERS = [
    (replace(RIGHT, starter=ran(doubled())), "starter", State.FAILED, "passes 8 of 8 trials"),
    (replace(RIGHT, starter=ran([], failure=GAP)), "starter", State.OK, "fails: runtime error"),
    (replace(RIGHT, starter=ran([], failure=CUT)), "starter", State.FAILED, "it raises SyntaxError in line 3: invalid"),
    (replace(RIGHT, starter=ran([], failure=NAMELESS)), "starter", State.FAILED, "it does not define `f`"),
    (
        replace(RIGHT, wrong=(ran([], failure=GAP), ran(doubled(1)))),
        "wrong answer 1: Tripled",
        State.FAILED,
        "it raises NameError in line 2: name 'y' is not defined",
    ),
    (
        replace(RIGHT, wrong=(ran(doubled(3)), ran([], failure=NAMELESS))),
        "wrong answer 2",
        State.FAILED,
        "it does not define `f`",
    ),
    (replace(RIGHT, starter=ran([], failure=RAISED)), "starter", State.OK, "fails: runtime error"),
    (
        replace(RIGHT, wrong=(ran(doubled()), ran(doubled(1)))),
        "wrong answer 1: Tripled",
        State.FAILED,
        "passes 8 of 8 trials",
    ),
    (
        replace(RIGHT, wrong=(ran(HALF_RIGHT), ran(doubled(1)))),
        "wrong answer 1: Tripled",
        State.FAILED,
        "passes 4 of 8",
    ),
    (
        replace(RIGHT, wrong=(ran(MOSTLY_WRONG), ran(doubled(1)))),
        "wrong answer 1: Tripled",
        State.OK,
        "fails on 7 of 8 trials",
    ),
    (
        replace(RIGHT, wrong=(ran(doubled(3)), ran(doubled(3)))),
        "wrong answer 2",
        State.FAILED,
        "the same as wrong answer 1, whose message is told",
    ),
    (replace(RIGHT, wrong=(ran([], failure=RAISED), ran(doubled(1)))), "wrong answer 1: Tripled", State.OK, "own"),
    (
        replace(RIGHT, wrong=(Report(Ending.CRASHED), ran(doubled(1)))),
        "wrong answer 1: Tripled",
        State.FAILED,
        "a learner who gives it is told: Your code ended the process",
    ),
    (replace(RIGHT, lazy=((Lazy("does nothing", ""), ran(doubled())),)), "lazy answers", State.FAILED, "8 of 8 trials"),
    (replace(RIGHT, detached=ran(doubled())), "mutants", State.FAILED, "detached passes on 8 trials"),
    (replace(RIGHT, detached=ran([], failure=RAISED)), "mutants", State.OK, "all refused"),
    (replace(RIGHT, solution=ran(doubled()[:3], wall_ms=1_600)), "time", State.OK, "1600 ms of 5000 ms"),
    (replace(RIGHT, solution=ran(doubled()[:3], wall_ms=1_700)), "time", State.FAILED, "more than a third"),
    (replace(RIGHT, solution=ran(doubled()[:3], output="hm\n")), "output", State.OK, "prints 3 characters"),
    (replace(RIGHT, solution=ran(doubled()[:3], output="hm\n" * 500)), "output", State.FAILED, "1500 characters"),
    (replace(RIGHT, solution=ran(doubled(2.5)[:3])), "solution", State.FAILED, "it is not accepted"),
]


@pytest.mark.parametrize(("answers", "name", "state", "detail"), ANSWERS)
def test_what_the_answers_did_is_told(answers: Answers, name: str, state: State, detail: str) -> None:
    checks = answer_checks(answers)
    assert checks[name].state is state
    assert detail in checks[name].detail
    assert bool(checks[name].mend) == (state is State.FAILED)
    assert all(check.state is State.OK for other, check in checks.items() if other != name)


def test_a_mutant_that_would_pass_is_named_unless_the_author_accepts_it() -> None:
    wide = Tolerance(0.2, 1e-3)
    drawn = draws(CODE, reference(doubled()), reference(doubled()))
    for accepts, state in (((), State.FAILED), (("percent", "element"), State.OK)):
        task = CodeTask("f", "", "", "", ("result",), tolerance=wide, accepts=accepts)
        (check,) = (c for c in check_answers(replace(CODE, task=task), drawn, RIGHT) if c.name == "mutants")
        assert check.state is state
        assert (
            "`percent`" in check.detail if not accepts else "accepted by the author: percent, element" in check.detail
        )


# --- values ------------------------------------------------------------------------------------------------


VALUE = question(
    ValueTask("x = 3.0", "x * 2", "6"), WrongAnswer("3", "That is x."), WrongAnswer("9", "Squared.", "Squared")
)
SIX = (Trial({}, {"value": 6.0}, {}),)


def value_checks(asked: Question, trials: Sequence[Trial] = SIX) -> dict[str, Check]:
    return by_name(list(check_values(asked, trials)))


def test_a_good_value_question_passes_every_check() -> None:
    checks = value_checks(VALUE)
    assert list(checks) == ["solution", "wrong answer 1", "wrong answer 2: Squared"]
    assert {check.state for check in checks.values()} == {State.OK}


WRONG_VALUES = [
    ("6.0", "it is right"),
    ("3", "it does the same as wrong answer 1, whose message is told"),
    ("][", "it cannot be read"),
]


@pytest.mark.parametrize(("answer", "detail"), WRONG_VALUES)
def test_a_wrong_value_that_is_none_is_refused(answer: str, detail: str) -> None:
    check = value_checks(replace(VALUE, wrong_answers=(VALUE.wrong_answers[0], WrongAnswer(answer, "m"))))
    assert check["wrong answer 2"].state is State.FAILED
    assert detail in check["wrong answer 2"].detail
    assert check["wrong answer 2"].mend


PERSONAL = question(
    ValueTask("x = $a", "x * 2", "2 * $a", (Param("a", tuple(map(str, range(16)))),)),
    WrongAnswer("$a", "That is x."),
    WrongAnswer("$a ** 2", "Squared, not $a doubled."),
)


def variant(a: int, value: float, *wrong: float) -> Trial:
    return Trial({"a": str(a)}, {"value": value}, {}, mistakes=tuple(Did({"value": number}) for number in wrong))


def test_a_personal_question_is_proven_on_every_variant() -> None:
    good = [variant(a, 2.0 * a, 1.0 * a, 1.0 * a * a) for a in range(3, 19)]
    assert {check.state for check in value_checks(PERSONAL, good).values()} == {State.OK}


VARIANTS = [
    ([variant(3, 6.0, 3.0, 9.0), variant(2, 4.0, 2.0, 4.0)], "wrong answer 2", "with a = 2 it is right"),
    ([variant(3, 6.0, 3.0, 9.0), variant(1, 2.0, 1.0, 1.0)], "wrong answer 2", "with a = 1 it does the same as"),
    ([variant(3, 6.0, 3.0, 9.0), variant(4, 6.0, 4.0, 16.0)], "variety", "all 2 variants have the same value, 6.0"),
    (
        [*(variant(a, 6.0, 3.0, 9.0) for a in range(9)), *(variant(a, 1.0 + a, 0.0, 0.5) for a in range(9, 16))],
        "variety",
        "9 of 16 variants have the same value, 6.0",
    ),
    ([variant(a, 2.0 * (a % 3), 1.0, 3.0) for a in range(16)], "variety", "16 variants have only 3 different values"),
]


@pytest.mark.parametrize(("trials", "name", "detail"), VARIANTS)
def test_a_variant_that_does_not_hold_is_named(trials: list[Trial], name: str, detail: str) -> None:
    check = value_checks(PERSONAL, trials)[name]
    assert check.state is State.FAILED
    assert detail in check.detail
