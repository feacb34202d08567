"""From two reports as cells give them to trials, and what an author is told where there are none."""

import math
from collections.abc import Mapping

import numpy as np
import pytest

from bot.core.questions import ChoiceTask, CodeTask, Level, Option, Question, Task, Unsound, ValueTask, WrongAnswer
from bot.core.reference import choice_trial, trials_from, value_trial, variant_trial
from sandbox.protocol import Ending, Failure, Report
from sandbox.values import Value
from tests.core.arrays import tensor


def question(task: Task, *wrong: WrongAnswer) -> Question:
    return Question("q", "Q", Level.EASY, ("basics",), "", task, wrong, (), "")


def completed(*trials: Mapping[str, Value]) -> Report:
    return Report(Ending.COMPLETED, trials)


FAILED = [
    (Report(Ending.TIME_LIMIT), "was stopped when its time was up; look for a loop that never ends, or make the sizes"),
    (Report(Ending.MEMORY_LIMIT), "asked for more memory than a run may have; make the sizes smaller"),
    (Report(Ending.OUTPUT_LIMIT), "printed more than a run may print, and was stopped; take out the print calls"),
    (Report(Ending.FORBIDDEN, detail="SIGSYS"), "asked the system for something a run may not do (SIGSYS); leave out"),
    (Report(Ending.CRASHED, detail="SIGSEGV"), "ended its process before it gave a value (SIGSEGV); leave out exit"),
    (
        Report(Ending.COMPLETED, failure=Failure("call", "ValueError", "boom", 4, "    raise boom")),
        "raised an exception in line 4 (`raise boom`): ValueError: boom; mend that line",
    ),
    (
        Report(Ending.COMPLETED, failure=Failure("call", "KeyError", "")),
        "raised an exception: KeyError; see that it runs by itself",
    ),
]


# --- code --------------------------------------------------------------------------------------------------

CODE = question(CodeTask("f", "", "", "", ("result",)))


def run(observed: Value, inputs: Value = None, double: Value = None) -> Mapping[str, Value]:
    given = {"x": tensor([1, 2])} if inputs is None else inputs
    return {"inputs": given, "observed": {"result": observed}, "observed64": double and {"result": double}}


def test_a_trial_holds_inputs_values_and_noise_of_both_kinds() -> None:
    # By hand: the two runs differ by 2^-20, float64 by 2^-10, each at another element.
    first, second = tensor([4.0, 6.0]), tensor([4.0, 6.0 + 2**-20])
    (trial,) = trials_from(
        CODE,
        completed(run(first, double=tensor([4.0 + 2**-10, 6.0], "float64"))),
        completed(run(second)),
    )
    assert (trial.inputs, trial.expected) == ({"x": tensor([1, 2])}, {"result": first})
    assert trial.noise == {"result": 2**-10 + 2**-20}
    assert trial.mistakes == ()


def test_only_sound_trials_are_kept() -> None:
    good, bad = run(tensor([4.0, 6.0])), run(tensor([0.0, 0.0]))
    trials = trials_from(CODE, completed(bad, good, bad), completed(bad, good, bad))
    assert [trial.expected["result"] for trial in trials] == [tensor([4.0, 6.0])]


def test_the_rules_of_the_question_decide_what_is_sound() -> None:
    report = completed(run(tensor([math.nan, 2]), double=tensor([7.0, 2], "float64")))
    declared = question(CodeTask("f", "", "", "", ("result",), not_finite=("result",)))
    (trial,) = trials_from(declared, report, report)
    assert trial.noise == {"result": 0}
    with pytest.raises(Unsound, match="no trial can tell right from wrong: result is NaN or infinite somewhere"):
        trials_from(CODE, report, report)


def test_inputs_that_hold_nan_are_the_same_twice() -> None:
    report = completed(run(tensor([1.0]), {"x": [math.nan]}))
    again = completed(run(tensor([1.0]), {"x": [float("nan")]}))
    assert len(trials_from(CODE, report, again)) == 1


@pytest.mark.parametrize(
    ("first", "second", "says"),
    [
        (completed(), completed(), "different numbers of trials"),
        (completed(run(1.0)), completed(run(1.0), run(1.0)), "different numbers of trials"),
        (completed(run(1.0)), completed(run(1.0, {"x": 2})), "draw everything from its generator"),
        (completed(run(1.0)), completed(run(math.nan)), "result is 1.0 in one run of the solution and nan in another"),
        (completed(run([1.0, "a"])), completed(run([1.0, "b"])), "must not depend on chance"),
        (
            completed(run(tensor([0]))),
            completed(run(tensor([0]))),
            "no trial can tell right from wrong: no observation",
        ),
        *((failed, completed(run(1.0)), f"the solution {says}") for failed, says in FAILED),
        *((completed(run(1.0)), failed, f"the solution {says}") for failed, says in FAILED),
        (
            Report(Ending.COMPLETED, failure=Failure("inputs", "NameError", "name 'n'", 3, "torch.randn(n)")),
            completed(),
            "`inputs(generator)` failed in line 3 (`torch.randn(n)`): NameError: name 'n'; let it give a dict",
        ),
        (
            Report(Ending.COMPLETED, failure=Failure("probe", "KeyError", "'w'", 2)),
            completed(),
            "the probe failed in line 2: KeyError: 'w'; mend that line of the probe",
        ),
        (
            Report(Ending.COMPLETED, failure=Failure("entry", "NameError", "g")),
            completed(),
            "the solution does not define `f`; define it at the top level",
        ),
    ],
)
def test_an_author_is_told_why_there_are_no_trials(first: Report, second: Report, says: str) -> None:
    with pytest.raises(Unsound) as raised:
        trials_from(CODE, first, second)
    assert says in str(raised.value)
    assert "\n" not in str(raised.value)


def test_an_example_that_cannot_tell_is_named_though_every_draw_can() -> None:
    report = completed(run(tensor([4.0, 6.0])), run(tensor([0.0, 0.0]), {"x": tensor([0, 0])}))
    assert len(trials_from(CODE, report, report)) == 1
    assert len(trials_from(CODE, report, report, example=0)) == 1
    with pytest.raises(Unsound, match="the example cannot tell right from wrong: no observation") as raised:
        trials_from(CODE, report, report, example=1)
    assert raised.value.mend == "observe something else as well"


def test_an_example_that_does_not_run_is_named() -> None:
    report = Report(Ending.COMPLETED, failure=Failure("inputs", "NameError", "n", 1, "{'x': n}", trial=1))
    for example, says in (
        (1, "the example failed in line 1 (`{'x': n}`)"),
        (0, "`inputs(generator)` failed in line 1"),
    ):
        with pytest.raises(Unsound) as raised:
            trials_from(CODE, report, report, example=example)
        assert raised.value.what.startswith(says)


# --- values ------------------------------------------------------------------------------------------------


def told(value: Value, raised: str = "") -> Mapping[str, Value]:
    return {"value": value, "raised": raised}


@pytest.mark.parametrize(
    ("value", "solution"),
    [
        (tensor([4, 6]), "[4, 6]"),
        (tensor([4, 6]), "tensor([4., 6.])"),
        (tensor([math.nan, 1]), "[nan, 1]"),
        (math.nan, "nan"),
        (1 / 3, "0.333"),
        (None, "None"),
        ("MulBackward0", "MulBackward0"),
    ],
)
def test_the_value_of_a_snippet_is_the_typed_solution(value: Value, solution: str) -> None:
    trial = value_trial(question(ValueTask("", "x", solution)), completed(told(value)), completed(told(value)))
    assert (trial.inputs, trial.noise, trial.mistakes) == ({}, {}, ())
    assert repr(trial.expected) == repr({"value": value})


def test_an_exception_is_a_value_by_its_name() -> None:
    report = completed(told("RuntimeError", "RuntimeError: backward through the graph a second time"))
    trial = value_trial(question(ValueTask("", "x", "RuntimeError")), report, report)
    assert trial.expected == {"value": "RuntimeError"}


@pytest.mark.parametrize(
    ("first", "second", "solution", "says"),
    [
        (told(tensor([4, 6])), None, "[8, 12]", "the snippet gives tensor([4., 6.]), not the solution [8, 12]; mend"),
        (told(0.333333), None, "0.33", "the snippet gives 0.3333, not the solution 0.33"),
        (
            told("NameError", "NameError: name 'y' is not defined"),
            None,
            "[8, 12]",
            "the snippet raises NameError: name 'y' is not defined, not the solution [8, 12]",
        ),
        (told(1.0), told(2.0), "1", "gives another value each time it runs: 1.0, then 2.0; set a seed"),
        (told(tensor([1])), told(tensor([1], "float64")), "[1]", "another value each time"),
        (told(1.0), None, "what?!", "the solution cannot be read as a value: "),
    ],
)
def test_a_value_that_cannot_be_asked_about_is_refused(
    first: Mapping[str, Value], second: Mapping[str, Value] | None, solution: str, says: str
) -> None:
    with pytest.raises(Unsound) as raised:
        value_trial(question(ValueTask("", "x", solution)), completed(first), completed(second or first))
    assert says in str(raised.value)


@pytest.mark.parametrize(
    ("report", "says"), [*FAILED, (completed(), "was to give 1 value, not 0"), (completed(told(1), told(1)), "not 2")]
)
@pytest.mark.parametrize("is_first", [True, False])
def test_a_snippet_that_did_not_run_through_is_refused(report: Report, says: str, is_first: bool) -> None:
    good = completed(told(1.0))
    with pytest.raises(Unsound) as raised:
        value_trial(question(ValueTask("", "x", "1")), *((report, good) if is_first else (good, report)))
    assert str(raised.value).startswith("the snippet ")
    assert says in str(raised.value)


# --- variants ----------------------------------------------------------------------------------------------

PERSONAL = question(
    ValueTask("x = torch.tensor([$a, $b])", "x.grad", "[2 * $a, 2 * $b]"),
    WrongAnswer("[$a, $b]", "That is x.", "x itself"),
    WrongAnswer("[4 * $a, 4 * $b]", "Twice."),
)
VARIANT = {"a": "3.0", "b": "5.0"}
X = np.array([3.0, 5.0])


def reported(*values: Value | Mapping[str, Value]) -> Report:
    return completed(*(value if isinstance(value, Mapping) else told(value) for value in values))


@pytest.mark.parametrize(
    "solution", [[6, 10], [6.0, 10.0], tensor(2 * X), tensor(2 * X, "float64"), tensor([6, 10], "int64")]
)
def test_a_variant_keeps_its_filling_its_value_and_its_mistakes(solution: Value) -> None:
    report = reported(tensor(2 * X), solution, [3.0, 5.0], [12.0, 20.0])
    trial = variant_trial(PERSONAL, VARIANT, report, report)
    assert (trial.inputs, trial.expected) == (VARIANT, {"value": tensor(2 * X)})
    assert [mistake.observed for mistake in trial.mistakes] == [{"value": [3.0, 5.0]}, {"value": [12.0, 20.0]}]


@pytest.mark.parametrize(
    ("value", "solution"),
    [
        (tensor([[1, 2], [3, 4]]), tensor([[1, 2], [3, 4]], "float64")),
        (tensor(7), 7),
        (7, tensor(7, "int64")),
        (1 / 3, tensor(1 / 3)),
        (tensor([1 / 3]), [1 / 3]),
        (True, True),
        (None, None),
        ("MulBackward0", "MulBackward0"),
        (tensor([]), tensor([])),
        (tensor([math.nan]), [math.nan]),
    ],
)
def test_the_solution_of_a_variant_may_say_the_value_in_other_types(value: Value, solution: Value) -> None:
    report = reported(value, solution, [3.0, 5.5], "no")
    assert variant_trial(PERSONAL, VARIANT, report, report).expected["value"] is value


@pytest.mark.parametrize(
    ("report", "says"),
    [
        (reported(tensor(2 * X), [3, 5], [3, 5], [12, 20]), "gives tensor([6., 10.]), not the solution [3, 5]"),
        (reported(tensor(2 * X), [6.001, 10], [3, 5], [12, 20]), "not the solution [6.001, 10]"),
        (reported(tensor(7), [7], 1, 2), "the snippet gives tensor(7.), not the solution [7]"),
        (reported(tensor(2 * X), [6, 10], [6, 10], [12, 20]), "the wrong answer “x itself” is right: [6, 10]"),
        (reported(tensor(2 * X), [6, 10], [3, 5], tensor([6, 10])), "wrong answer no. 2 is right: tensor([6., 10.])"),
        (
            reported(tensor(2 * X), told("NameError", "NameError: name 'c'"), 1, 2),
            "the solution raised NameError: name 'c'; write it as a Python expression, with text in quotes",
        ),
        (
            reported(tensor(2 * X), [6, 10], told("NameError", "NameError: name 'c'"), 2),
            "the wrong answer “x itself” raised NameError: name 'c'",
        ),
        (
            reported(told("TypeError", "TypeError: no"), [6, 10], 1, 2),
            "the snippet raises TypeError: no, not the solution [6, 10]",
        ),
        (reported(tensor(2 * X), [6, 10]), "was to give 4 values, not 2"),
        (Report(Ending.TIME_LIMIT), "the snippet was stopped when its time was up"),
    ],
)
def test_a_variant_that_is_wrong_is_refused_by_its_name(report: Report, says: str) -> None:
    with pytest.raises(Unsound) as raised:
        variant_trial(PERSONAL, VARIANT, report, report)
    assert str(raised.value).startswith("with a = 3.0, b = 5.0: ")
    assert says in str(raised.value)


# --- choices -----------------------------------------------------------------------------------------------

CHOICE = question(ChoiceTask((Option("a", "yes", right=True), Option("b", "no")), "assert True"))


@pytest.mark.parametrize("report", [completed(), completed(told(None))])
def test_a_proof_that_holds_twice_is_a_trial(report: Report) -> None:
    trial = choice_trial(report, report)
    assert (trial.inputs, trial.expected, trial.noise) == ({}, {"proof": True}, {})


@pytest.mark.parametrize(
    ("report", "says"),
    [
        (completed(told("AssertionError", "AssertionError: ")), "the proof fails: an assertion is false; mend it"),
        (completed(told("AssertionError", "AssertionError: b has one")), "the proof fails: b has one; mend it"),
        (
            completed(told("RuntimeError", f"RuntimeError: one\n  two {'x' * 500}")),
            f"raised RuntimeError: one two {'x' * 137}…; mend it",
        ),
        (completed(told("NameError", "NameError: name 'd'")), "the snippet or the proof raised NameError: name 'd'"),
        (
            Report(Ending.COMPLETED, failure=Failure("import", "AssertionError", "", 9, "assert b.grad is not None")),
            "the proof fails in line 9 (`assert b.grad is not None`): AssertionError",
        ),
        *((report, f"the snippet or the proof {says}") for report, says in FAILED),
    ],
)
@pytest.mark.parametrize("is_first", [True, False])
def test_a_proof_that_does_not_hold_says_where(report: Report, says: str, is_first: bool) -> None:
    good = completed(told(None))
    with pytest.raises(Unsound) as raised:
        choice_trial(*((report, good) if is_first else (good, report)))
    assert says in str(raised.value)
    assert "\n" not in str(raised.value)
