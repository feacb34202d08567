import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.answers import Answer, read_value
from bot.core.grading import grade, grade_choice, grade_value
from bot.core.questions import (
    ChoiceTask,
    CodeTask,
    Level,
    Mistake,
    Option,
    Question,
    Task,
    Trial,
    ValueTask,
    WrongAnswer,
)
from bot.core.verdicts import MismatchKind, Outcome
from sandbox.protocol import Ending, Failure, Report
from sandbox.values import TensorValue, Value
from tests.core.arrays import tensor


def question(task: Task, *wrong: WrongAnswer) -> Question:
    return Question("square", "Square", Level.EASY, ("basics",), "", task, wrong, (), "")


CODE = question(CodeTask("gradient", "", "", "", ("result", "grad(x)")))
TRIALS = [
    Trial({"x": tensor([2, 3])}, {"result": tensor(13), "grad(x)": tensor([4, 6])}, {"result": 1e-7}, id=7),
    Trial({"x": tensor([1, 5])}, {"result": tensor(26), "grad(x)": tensor([2, 10])}, {}, id=8),
]
RIGHT = tuple(trial.expected for trial in TRIALS)


def test_the_right_values_on_every_trial_are_accepted() -> None:
    verdict = grade(CODE, Report(Ending.COMPLETED, RIGHT, output="hello"), TRIALS)
    assert verdict.accepted
    assert (verdict.passed, verdict.total, verdict.output) == (2, 2, "hello")
    assert verdict.failing is None
    assert verdict.spent_trial is None
    assert verdict.message == "Your code gives the right values on all 2 trials."


def test_the_first_failing_trial_is_shown_and_named_as_spent() -> None:
    doubled = {"result": tensor(26), "grad(x)": tensor([4, 20])}
    verdict = grade(CODE, Report(Ending.COMPLETED, (RIGHT[0], doubled)), TRIALS)
    assert verdict.outcome is Outcome.WRONG_ANSWER
    assert (verdict.passed, verdict.total, verdict.spent_trial) == (1, 2, 8)
    assert verdict.failing is not None
    assert verdict.failing.inputs == (("x", "tensor([1., 5.])"),)
    (mismatch,) = verdict.failing.mismatches
    assert (mismatch.observation, mismatch.expected, mismatch.got) == (
        "grad(x)",
        "tensor([2., 10.])",
        "tensor([4., 20.])",
    )
    assert verdict.message == (
        "Your code ran, but its values are wrong on 1 of 2 trials: grad(x) is wrong in every element: "
        "it is 2 times the expected value everywhere; at [1] it is 20.0, expected 10.0."
    )


@pytest.mark.parametrize(
    ("observed", "kind"),
    [
        ({}, MismatchKind.MISSING),
        ({"grad(x)": tensor([4, 6])}, MismatchKind.MISSING),
        ({"result": None, "grad(x)": tensor([4, 6])}, MismatchKind.KIND),
        ({"result": tensor([13]), "grad(x)": tensor([4, 6])}, MismatchKind.SHAPE),
        ({"result": tensor(13, "float64"), "grad(x)": tensor([4, 6], "float64")}, MismatchKind.DTYPE),
        ({"result": tensor(13), "grad(x)": None}, MismatchKind.KIND),
        ({"result": tensor(13), "grad(x)": tensor([4, float("nan")])}, MismatchKind.NOT_FINITE),
        ({"result": tensor(13), "grad(x)": tensor([8, 12])}, MismatchKind.VALUE),
    ],
)
def test_every_kind_of_wrong_observation_is_a_wrong_answer(observed: dict[str, Value], kind: MismatchKind) -> None:
    verdict = grade(CODE, Report(Ending.COMPLETED, (observed, observed)), TRIALS)
    assert verdict.outcome is Outcome.WRONG_ANSWER
    assert verdict.failing is not None
    assert verdict.failing.mismatches[0].kind is kind


@pytest.mark.parametrize("trials", [(), RIGHT[:1]])
def test_trials_that_did_not_arrive_are_missing_not_passed(trials: tuple[dict[str, Value], ...]) -> None:
    verdict = grade(CODE, Report(Ending.COMPLETED, trials), TRIALS)
    assert verdict.outcome is Outcome.WRONG_ANSWER
    assert verdict.passed == len(trials)
    assert verdict.failing is not None
    assert verdict.failing.mismatches[0].kind is MismatchKind.MISSING


def test_more_than_was_asked_for_changes_nothing() -> None:
    extra = tuple({**trial, "accepted": True} for trial in RIGHT)
    assert grade(CODE, Report(Ending.COMPLETED, (*extra, {}, {})), TRIALS).accepted


def test_right_values_with_a_failure_are_not_accepted() -> None:
    verdict = grade(CODE, Report(Ending.COMPLETED, RIGHT, Failure("call", "ValueError", "x")), TRIALS)
    assert verdict.outcome is Outcome.RUNTIME_ERROR


def test_right_values_of_a_run_that_did_not_complete_are_not_accepted() -> None:
    assert grade(CODE, Report(Ending.CRASHED, RIGHT), TRIALS).outcome is Outcome.RUNTIME_ERROR


@pytest.mark.parametrize("trials", [[], [Trial({}, {}, {})]])
def test_nothing_to_compare_is_our_fault_not_a_pass(trials: list[Trial]) -> None:
    with pytest.raises(ValueError, match="nothing to compare"):
        grade(CODE, Report(Ending.COMPLETED, ({},)), trials)


@pytest.mark.parametrize(
    ("ending", "detail", "outcome", "says"),
    [
        (Ending.TIME_LIMIT, "", Outcome.TIME_LIMIT, "stopped after 5 s"),
        (Ending.TIME_LIMIT, "", Outcome.TIME_LIMIT, "num_workers=0"),
        (Ending.MEMORY_LIMIT, "", Outcome.MEMORY_LIMIT, "more memory"),
        (Ending.OUTPUT_LIMIT, "", Outcome.OUTPUT_LIMIT, "print"),
        (Ending.FORBIDDEN, "", Outcome.FORBIDDEN, "may not do"),
        (Ending.CRASHED, "SIGSEGV", Outcome.RUNTIME_ERROR, "(SIGSEGV)"),
        (Ending.CRASHED, "it exited with status 0 before returning", Outcome.RUNTIME_ERROR, "exit calls"),
        (Ending.CRASHED, "x\n" * 9999, Outcome.RUNTIME_ERROR, "(x x x"),
    ],
)
def test_each_ending_has_its_outcome_and_advice(ending: Ending, detail: str, outcome: Outcome, says: str) -> None:
    verdict = grade(CODE, Report(ending, output="so far", detail=detail), TRIALS)
    assert verdict.outcome is outcome
    assert says in verdict.message
    assert "\n" not in verdict.message
    assert len(verdict.message) < 400
    assert (verdict.passed, verdict.total, verdict.output) == (0, 2, "so far")


def failed(stage: str, type: str, message: str = "", **rest: object) -> str:  # noqa: A002
    report = Report(Ending.COMPLETED, (), Failure(stage, type, message, **rest))  # type: ignore[arg-type]
    verdict = grade(CODE, report, TRIALS)
    assert verdict.outcome is Outcome.RUNTIME_ERROR
    assert verdict.failure is not None
    return verdict.message


def test_a_syntax_error_names_line_and_column() -> None:
    assert "not valid Python in line 3, column 9" in failed(
        "compile", "SyntaxError", "'(' was never closed", line=3, caret=9
    )


@pytest.mark.parametrize("kind", ["MemoryError", "RecursionError"])
def test_what_nests_too_deeply_for_the_parser_is_no_matter_of_memory(kind: str) -> None:
    assert "nests deeper than Python can read" in failed("compile", kind)


@pytest.mark.parametrize(
    ("names", "says"),
    [
        ((), "your code defines no function. Write it as def gradient(...):"),
        (("grad",), "your code defines grad. Rename it to gradient."),
        (("helper", "gradientt"), "your code defines helper, gradientt. Did you mean gradientt?"),
        (("a", "b"), "your code defines a, b. Rename the one that answers the question to gradient."),
        (("@everyone `x`", "x" * 900), "your code defines no function."),
    ],
)
def test_a_wrong_entry_name_is_named_beside_the_right_one(names: tuple[str, ...], says: str) -> None:
    message = failed("entry", "NameError", "gradient", names=names)
    assert message.startswith("I could not find a function named gradient; ")
    assert says in message


@pytest.mark.parametrize(
    ("type_", "message"), [("EOFError", "EOF when reading a line"), ("RuntimeError", "input(): lost sys.stdin")]
)
def test_input_is_answered_in_plain_words(type_: str, message: str) -> None:
    says = failed("import", type_, message, line=1)
    assert "asks for input in line 1, but there is nobody to type here" in says
    assert "the inputs come as arguments of gradient." in says


@pytest.mark.parametrize(
    ("stage", "type_", "message", "line", "says"),
    [
        ("import", "ImportError", "", 1, "raised ImportError in line 1, before gradient was called"),
        ("call", "ValueError", "boom", 4, "Your code raised ValueError in line 4."),
        (
            "call",
            "RuntimeError",
            "element 0",
            None,
            "Calling gradient, or backward on what it returned, raised RuntimeError.",
        ),
        ("call", "TypeError", "the result is a NoneType; a tensor", None, "Is a return missing?"),
        ("observe", "UnobservableError", "it is a module", None, "What gradient returned cannot be compared."),
        ("inputs", "TypeError", "", None, "please report it"),
        ("no such stage", "@everyone\n", "", -5, "raised an exception"),
    ],
)
def test_each_stage_has_its_sentence(stage: str, type_: str, message: str, line: int | None, says: str) -> None:
    assert says in failed(stage, type_, message, line=line)


def test_a_probe_that_fails_names_its_own_line_and_the_exception() -> None:
    message = failed("probe", "AttributeError", "no attribute 'apply'", line=3, text="    y = gradient.apply(x)")
    assert message == (
        "Your code ran, but it could not be used as this question needs it: line 3 of the probe raised AttributeError. "
        "Look at what the probe does with gradient there."
    )
    assert "the probe raised KeyError" in failed("probe", "KeyError")


@pytest.mark.parametrize(
    ("solution", "says"),
    [
        (
            "class Square(torch.nn.Module):\n    ...",
            "a class named Square; your code defines no class. Write it as class",
        ),
        ("def Square(x):\n    ...", "a function named Square; your code defines no function. Write it as def Square"),
        ("def Square(x):\n    class Square:\n        ...", "a function named Square"),
        ("class Squares:\n    ...\nSquare = Squares().call", "a function named Square"),
    ],
)
def test_an_entry_that_is_missing_is_asked_for_as_what_it_is(solution: str, says: str) -> None:
    asked = question(CodeTask("Square", "", "", solution, ("result", "grad(x)")))
    report = Report(Ending.COMPLETED, failure=Failure("entry", "NameError", "Square"))
    assert says in grade(asked, report, TRIALS).message


def test_a_hostile_failure_is_cut_to_size() -> None:
    failure = Failure("s" * 999, "t\n" * 999, "m" * 9999, 10**300, "x" * 9999, -1, 10**300, ("n" * 999,) * 999)
    cut = grade(CODE, Report(Ending.COMPLETED, (), failure), TRIALS).failure
    assert cut is not None
    assert (cut.line, cut.caret, cut.trial) == (None, None, None)
    assert len(repr(cut)) < 2500


PLAIN = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.binary(max_size=5)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
HOSTILE = st.one_of(
    PLAIN,
    st.just(TensorValue("float32", (0, 2**60), b"")),
    st.just(TensorValue("bool", (2,), b"\xff\x02")),
    st.just(TensorValue("bfloat16", (), b"\xff\xff")),
    st.just(TensorValue("complex128", (1,) * 8, b"\xff" * 16)),
)


@given(st.lists(st.dictionaries(st.sampled_from(["result", "grad(x)", "x"]), HOSTILE), max_size=4))
def test_no_report_raises_and_none_but_the_right_values_pass(trials: list[dict[str, Value]]) -> None:
    verdict = grade(CODE, Report(Ending.COMPLETED, tuple(trials)), TRIALS)
    assert verdict.outcome is Outcome.WRONG_ANSWER


# --- value questions ---------------------------------------------------------------------------------------

VALUE = question(
    ValueTask("", "x.grad", "[4, 6]"),
    WrongAnswer("[2, 3]", "That is x itself."),
    WrongAnswer("tensor([8., 12.])", "That is two passes.", "two passes"),
    WrongAnswer("None", "A leaf has a gradient."),
    WrongAnswer("not a value at all", "never said"),
)


def value_of(value: Value, *mistakes: Value) -> Trial:
    return Trial({}, {"value": value}, {}, mistakes=tuple(Mistake({"value": mistake}) for mistake in mistakes))


def typed(text: str) -> Answer:
    answer = read_value(text)
    assert isinstance(answer, Answer)
    return answer


def test_a_right_value_is_accepted_and_shown() -> None:
    verdict = grade_value(VALUE, value_of(tensor([4, 6])), typed("4 6"))
    assert verdict.accepted
    assert (verdict.message, verdict.passed, verdict.total) == ("Right: it is tensor([4., 6.]).", 1, 1)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[2, 3]", "That is x itself."),
        ("2., 3.", "That is x itself."),
        ("8 12", "That is two passes."),
        ("None", "A leaf has a gradient."),
        ("5 5", "[5, 5] is not it."),
    ],
)
def test_a_wrong_value_gets_the_authors_words_where_there_are_any(text: str, message: str) -> None:
    verdict = grade_value(VALUE, value_of(tensor([4, 6])), typed(text))
    assert verdict.outcome is Outcome.WRONG_ANSWER
    assert verdict.message == message


@pytest.mark.parametrize("text", ["[5, 5]", "4", "[4, 5]", "4 6 8", "RuntimeError"])
def test_a_wrong_value_verdict_nowhere_holds_the_expected_one(text: str) -> None:
    verdict = grade_value(VALUE, value_of(tensor([4.125, 6.375])), typed(text))
    assert "4.125" not in repr(verdict)
    assert "6.375" not in repr(verdict)


@pytest.mark.parametrize(("text", "diagnosis"), [("8 12", "two passes"), ("[2, 3]", ""), ("5 5", ""), ("4 6", "")])
def test_a_wrong_value_known_to_the_author_is_diagnosed_by_its_name(text: str, diagnosis: str) -> None:
    assert grade_value(VALUE, value_of(tensor([4, 6])), typed(text)).diagnosis == diagnosis


PERSONAL = question(
    ValueTask("", "x.grad", "[2 * 7, 2 * 9]"),
    WrongAnswer("[7, 9]", "That is x itself.", "x itself"),
    WrongAnswer("2 * x + 1", "One too many.", "one more"),
)


@pytest.mark.parametrize(
    ("text", "message", "diagnosis"),
    [
        ("[14, 18]", "Right: it is tensor([14., 18.]).", ""),
        ("7 9", "That is x itself.", "x itself"),
        ("tensor([7., 9.])", "That is x itself.", "x itself"),
        ("[15, 19]", "One too many.", "one more"),
        ("[15.0001, 19]", "One too many.", "one more"),
        ("[15, 20]", "[15, 20] is not it.", ""),
    ],
)
def test_the_wrong_answers_of_a_personal_question_are_the_values_of_its_trial(
    text: str, message: str, diagnosis: str
) -> None:
    trial = value_of(tensor([14, 18]), [7, 9], tensor([15, 19]))
    verdict = grade_value(PERSONAL, trial, typed(text))
    assert (verdict.message, verdict.diagnosis) == (message, diagnosis)
    assert verdict.accepted is message.startswith("Right")


# --- choice questions --------------------------------------------------------------------------------------

CHOICE = question(
    ChoiceTask(
        (Option("only `a`", "It is the leaf.", right=True), Option("`b`", "It is dropped."), Option("both", "No.")), ""
    )
)


@pytest.mark.parametrize(
    ("text", "outcome", "message", "passed"),
    [
        ("only `a`", Outcome.ACCEPTED, "It is the leaf.", 1),
        ("`b`", Outcome.WRONG_ANSWER, "It is dropped.", 0),
        ("both", Outcome.WRONG_ANSWER, "No.", 0),
    ],
)
def test_an_option_is_answered_with_its_note(text: str, outcome: Outcome, message: str, passed: int) -> None:
    verdict = grade_choice(CHOICE, text)
    assert (verdict.outcome, verdict.message, verdict.passed, verdict.total) == (outcome, message, passed, 1)


@pytest.mark.parametrize("text", ["", "a", "Both", "only `a` "])
def test_what_is_no_option_is_never_right_or_wrong(text: str) -> None:
    with pytest.raises(ValueError, match="square has no such option"):
        grade_choice(CHOICE, text)
