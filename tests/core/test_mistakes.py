"""Which wrong answers are told the author's words: those that do what a known wrong answer did, and no others."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.closeness import Tolerance
from bot.core.grading import grade
from bot.core.mistakes import mistakes_on
from bot.core.questions import CodeTask, Level, Mistake, Question, Trial, WrongAnswer
from bot.core.verdicts import Outcome, Verdict
from sandbox.protocol import Ending, Failure, Report
from sandbox.values import TensorValue, Value
from tests.core.arrays import tensor

WRONG = (
    WrongAnswer("", "The factor **2** is missing.", "no factor"),
    WrongAnswer("", "That is the value itself.", "the value"),
)


def question(*wrong: WrongAnswer, **rules: object) -> Question:
    task = CodeTask("f", "", "", "", **rules)  # type: ignore[arg-type]
    return Question("q", "Q", Level.EASY, ("basics",), "", task, wrong, (), "")


def trial(expected: Value, *mistakes: Value | Mistake, noise: float = 0.0) -> Trial:
    known = tuple(given if isinstance(given, Mistake) else Mistake({"result": given}) for given in mistakes)
    return Trial({"x": 1.0}, {"result": expected}, {"result": noise}, id=9, mistakes=known)


def completed(*results: Value, failure: Failure | None = None) -> Report:
    return Report(Ending.COMPLETED, tuple({"result": result} for result in results), failure)


def told(verdict: Verdict) -> str | None:
    """The author's words, if that is what the learner is told."""
    return verdict.message if verdict.message in {wrong.message for wrong in WRONG} else None


X = np.array([1.0, -2.0, 3.5])


def test_a_known_mistake_gets_the_authors_words_and_keeps_its_evidence() -> None:
    trials = [trial(tensor(2 * X), tensor(X), tensor(X**2)), trial(tensor(4 * X), tensor(2 * X), tensor(9 * X))]
    verdict = grade(question(*WRONG), completed(tensor(X), tensor(2 * X)), trials)
    assert (verdict.outcome, verdict.message) == (Outcome.WRONG_ANSWER, "The factor **2** is missing.")
    assert (verdict.diagnosis, verdict.passed, verdict.total, verdict.spent_trial) == ("no factor", 0, 2, 9)
    assert verdict.failing is not None
    assert verdict.failing.mismatches[0].got == "tensor([1., -2., 3.5])"


@pytest.mark.parametrize(
    ("got", "message"),
    [
        (tensor(X), WRONG[0].message),
        (tensor(X * (1 + 1e-5)), WRONG[0].message),
        (tensor(X, "float64"), WRONG[0].message),
        (tensor(3 * X), WRONG[1].message),
        (tensor(X * 1.01), None),
        (tensor(X.reshape(1, 3)), None),
        (tensor(X, "float16"), None),
        (None, None),
        (1.0, None),
    ],
)
def test_a_mistake_is_compared_as_the_right_answer_is(got: Value, message: str | None) -> None:
    one = trial(tensor(2 * X), tensor(X), tensor(3 * X))
    assert told(grade(question(*WRONG), completed(got), [one])) == message


FACTORS = st.sampled_from([2, 1, 3, -2])
PER_TRIAL = st.lists(st.tuples(FACTORS, FACTORS, FACTORS), min_size=1, max_size=4)


@given(PER_TRIAL)
def test_a_mistake_is_recognised_just_where_its_values_agree_on_every_failing_trial(
    factors: Sequence[tuple[int, int, int]],
) -> None:
    """On each trial: what the learner's answer and the two known ones multiply by, where 2 is right."""
    trials = [trial(tensor(2 * X), tensor(first * X), tensor(second * X)) for _, first, second in factors]
    verdict = grade(question(*WRONG), completed(*(tensor(own * X) for own, _, _ in factors)), trials)
    failing = [own for own, _, _ in factors if own != 2]
    same = [[own for own, *_ in factors] == [known[at] for known in factors] for at in (1, 2)]
    expected = WRONG[same.index(True)].message if failing and any(same) else None
    assert verdict.accepted is (not failing)
    assert told(verdict) == expected


@pytest.mark.parametrize(
    ("failure", "error", "same"),
    [
        (Failure("call", "ValueError", "no", trial=0), "ValueError: no", True),
        (Failure("call", "ValueError", "size 3 at 0x7fab12", trial=0), "ValueError: size 14 at 0x7e0000", True),
        (Failure("call", "ValueError", "", trial=0), "ValueError", True),
        (Failure("call", "ValueError", "", trial=0), "ValueError: ", True),
        (Failure("import", "ValueError", "no"), "ValueError: no", True),
        (Failure("call", "ValueError", "yes", trial=0), "ValueError: no", False),
        (Failure("call", "TypeError", "no", trial=0), "ValueError: no", False),
        (Failure("call", "ValueError", "no", trial=0), "", False),
    ],
)
def test_an_error_is_known_by_its_type_and_message_but_for_digits(failure: Failure, error: str, same: bool) -> None:
    known = Mistake({}, error)
    verdict = grade(question(WRONG[0]), completed(failure=failure), [trial(1.0, known), trial(2.0, known)])
    assert verdict.outcome is Outcome.RUNTIME_ERROR
    assert (verdict.message == WRONG[0].message) is same
    assert verdict.diagnosis == ("no factor" if same else "")
    assert verdict.failure is not None


@pytest.mark.parametrize(
    ("results", "failing_trial", "same"),
    [
        ((5.0,), 1, True),  # the trial after the error was not reached, so it is not known
        ((4.0,), 1, False),
        ((), 0, False),
        ((5.0, 5.0), 2, False),
    ],
)
def test_an_error_must_come_on_the_same_trial(results: Sequence[float], failing_trial: int, same: bool) -> None:
    error = Mistake({}, "ValueError: no")
    trials = [trial(1.0, 5.0), trial(2.0, error), trial(3.0, error)]
    report = completed(*results, failure=Failure("call", "ValueError", "no", trial=failing_trial))
    assert (grade(question(WRONG[0]), report, trials).message == WRONG[0].message) is same


NO = Failure("call", "ValueError", "no", trial=1)


@pytest.mark.parametrize(
    ("failure", "errors"),
    [
        (NO, ["", "ValueError: no", ""]),
        (
            replace(NO, trial=None),
            ["", "ValueError: no", "ValueError: no"],
        ),  # before any trial: on all that are not told
    ],
)
def test_nothing_is_recorded_of_a_trial_that_was_never_reached(failure: Failure, errors: Sequence[str]) -> None:
    found = mistakes_on([trial(1.0), trial(2.0), trial(3.0)], [completed(5.0, failure=failure)])
    assert [known.mistakes[0].error for known in found] == errors
    assert [known.mistakes[0].known for known in found] == [True, True, bool(errors[2])]


@pytest.mark.parametrize(
    ("report", "same"),
    [
        (completed(5.0, failure=NO), True),
        (completed(5.0, failure=replace(NO, message="yes")), False),
        (completed(5.0, 6.0, failure=replace(NO, trial=2)), False),
        (completed(1.0, 2.0, failure=replace(NO, trial=2)), False),
        (completed(1.0, 2.0, 9.0), False),
    ],
)
def test_an_answer_is_known_by_the_trials_a_mistake_came_to(report: Report, same: bool) -> None:
    trials = mistakes_on([trial(1.0), trial(2.0), trial(3.0)], [completed(5.0, failure=NO)])
    assert (grade(question(WRONG[0]), report, trials).message == WRONG[0].message) is same


def test_an_answer_that_fails_only_where_a_mistake_never_came_is_not_known() -> None:
    trials = [trial(1.0, 1.0), trial(2.0, Mistake({}))]
    assert grade(question(WRONG[0]), completed(1.0, 7.0), trials).message != WRONG[0].message
    assert grade(question(WRONG[0]), completed(1.0, failure=NO), trials).message != WRONG[0].message


def test_an_answer_that_ran_is_not_a_mistake_that_raised() -> None:
    verdict = grade(question(WRONG[0]), completed(5.0), [trial(1.0, Mistake({}, "ValueError: no"))])
    assert verdict.message != WRONG[0].message


@pytest.mark.parametrize(
    ("report", "mistakes"),
    [
        (Report(Ending.TIME_LIMIT, ({"result": 5.0},)), (5.0, 6.0)),
        (completed(5.0), ()),
        (completed(5.0), (5.0,)),
        (completed(), (Mistake({}), Mistake({}))),
        (completed(), (Mistake({}, "time limit"), Mistake({}, "time limit"))),
    ],
)
def test_nothing_is_recognised_where_it_is_not_known_what_was_done(report: Report, mistakes: Sequence[Value]) -> None:
    verdict = grade(question(*WRONG), report, [trial(1.0, *mistakes)])
    assert not verdict.accepted
    assert told(verdict) is None


def test_a_right_answer_is_right_even_if_a_known_wrong_one_did_the_same() -> None:
    assert grade(question(WRONG[0]), completed(2.0), [trial(2.0, 2.0)]).accepted


def test_every_observation_must_agree_with_the_mistake() -> None:
    expected: dict[str, Value] = {"result": 1.0, "grad(x)": tensor([2, 4])}
    both = Trial({}, expected, {}, mistakes=(Mistake({"result": 1.0, "grad(x)": tensor([1, 2])}),))
    for result, is_known in ((1.0, True), (3.0, False)):
        report = Report(Ending.COMPLETED, ({"result": result, "grad(x)": tensor([1, 2])},))
        assert (grade(question(WRONG[0]), report, [both]).message == WRONG[0].message) is is_known


BF16 = TensorValue("bfloat16", (2,), b"\x80\x3f\x00\x40")  # 1 and 2
BF16_MORE = TensorValue("bfloat16", (2,), b"\x81\x3f\x00\x40")  # 1.0078125 and 2


@pytest.mark.parametrize(
    ("known", "got", "rules", "same"),
    [
        (BF16, BF16, {}, True),
        (BF16, BF16_MORE, {}, False),
        (BF16, BF16_MORE, {"tolerance": Tolerance(1e-2, 1e-3)}, True),
        (tensor([np.nan, 1]), tensor([np.nan, 1]), {}, True),
        (tensor([np.nan, 1]), tensor([1, np.nan]), {}, False),
        (None, None, {}, True),
        (None, tensor([0, 0]), {}, False),
        (None, tensor([0, 0]), {"none_is_zero": True}, True),
        ("RuntimeError", "RuntimeError", {}, True),
        ("RuntimeError", "ValueError", {}, False),
    ],
)
def test_mistakes_of_every_kind_are_known_again(known: Value, got: Value, rules: dict[str, object], same: bool) -> None:
    verdict = grade(question(WRONG[0], **rules), completed(got), [trial(tensor([4.0, 6.0]), known)])
    assert (verdict.message == WRONG[0].message) is same


@pytest.mark.parametrize(
    ("known", "got", "same"),
    [
        (tensor([1e-8, 0]), tensor([0, -5e-7]), True),  # both zero up to rounding, wrong in the result alone
        (tensor([1e-8, 0]), tensor([0, 0.5]), False),
        (tensor([0, 0.5]), tensor([0, 0.5]), True),
        (tensor([0, 0.5]), tensor([0, 0.25]), False),
        (tensor([0, 0.5]), tensor([0, 0]), False),
    ],
)
def test_a_zero_that_is_only_rounding_is_like_any_other(known: Value, got: Value, same: bool) -> None:
    expected: dict[str, Value] = {"result": 1.0, "grad(x)": tensor([2e-8, 1e-8])}
    one = Trial({"x": 1.0}, expected, {}, mistakes=(Mistake({"result": 3.0, "grad(x)": known}),))
    report = Report(Ending.COMPLETED, ({"result": 3.0, "grad(x)": got},))
    verdict = grade(question(WRONG[0], zero=("grad(x)",)), report, [one])
    assert (verdict.message == WRONG[0].message) is same


# --- relations ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expected", "got", "diagnosis"),
    [
        ([tensor(X), tensor(3 * X)], [tensor(2 * X), tensor(6 * X)], "it is 2 times the expected value everywhere"),
        ([tensor(X), tensor(3 * X)], [tensor(-X), tensor(-3 * X)], "it has the opposite sign everywhere"),
        ([tensor(X), tensor(3 * X)], [tensor(2 * X), tensor(3 * X)], "it is 2 times the expected value everywhere"),
        ([tensor(X), tensor(3 * X)], [tensor(2 * X), tensor(9 * X)], ""),
        ([tensor(X), tensor(3 * X)], [tensor(2 * X), tensor(X + 1)], ""),
        ([tensor(X)], [None], ""),
        ([tensor(X)], [], ""),
        ([[tensor(X)]], [[tensor(2 * X)]], ""),
        ([4.0], [8.0], "it is 2 times the expected value"),
        ([4.0], [4.0], ""),
    ],
)
def test_a_mistake_nobody_foresaw_is_named_by_the_relation_that_holds_on_every_failing_trial(
    expected: Sequence[Value], got: Sequence[Value], diagnosis: str
) -> None:
    verdict = grade(question(), completed(*got), [trial(right) for right in expected])
    assert verdict.diagnosis == diagnosis


def test_the_rounding_of_a_zero_is_in_no_relation_to_anything() -> None:
    rounding = np.array([1e-8, 2e-8, -3e-8])
    verdict = grade(question(zero=("result",)), completed(tensor(1e8 * rounding)), [trial(tensor(rounding))])
    assert (verdict.outcome, verdict.diagnosis) == (Outcome.WRONG_ANSWER, "")


def test_a_mistake_that_fails_where_the_answer_is_right_is_another_one() -> None:
    trials = [trial(2.0, 3.0), trial(4.0, 5.0)]
    assert grade(question(WRONG[0]), completed(2.0, 5.0), trials).message != WRONG[0].message
