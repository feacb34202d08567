"""The rules a question may set for its comparison: what they let through, and what they must not."""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.core.closeness import Tolerance, largest_difference
from bot.core.comparing import compare_trial
from bot.core.questions import CodeTask, Trial
from bot.core.soundness import trial_is_sound
from sandbox.values import TensorValue, Value
from tests.core.arrays import tensor

HALF = Tolerance(1e-2, 1e-3, 1e-6)  # the one that docs/questions.md proposes
NAN, INF = math.nan, math.inf


def task(**rules: object) -> CodeTask:
    return CodeTask("f", "", "", "", **rules)  # type: ignore[arg-type]


def is_accepted(rules: CodeTask, trial: Trial, **observed: Value) -> bool:
    return not compare_trial(rules, trial, observed)


# --- zero --------------------------------------------------------------------------------------------------

ZERO = task(observe=("result", "grad(x)"), zero=("grad(x)",))


def zero_trial(inputs: dict[str, Value], gradient: Value) -> Trial:
    return Trial(inputs, {"result": tensor([1.5, 2]), "grad(x)": gradient}, {"grad(x)": 1e-9})


@pytest.mark.parametrize(
    ("inputs", "got", "accepted"),
    [
        ({"x": tensor([1, 2])}, tensor([0, 0]), True),
        ({"x": tensor([1, 2])}, tensor([0, -1.9e-6]), True),
        ({"x": tensor([1, 2])}, tensor([0, 2.1e-6]), False),
        ({"x": tensor([0.1])}, tensor([0, 9e-7]), True),
        ({"x": tensor([0.1])}, tensor([0, 1.1e-6]), False),
        ({"x": tensor([1, 2]), "upstream": tensor([-300, 1])}, tensor([0, 2.9e-4]), True),
        ({"x": tensor([1, 2]), "n": [{"k": 300}]}, tensor([0, 2.9e-4]), True),
        ({"x": tensor([1, 2]), "n": 10**400}, tensor([0, 2.1e-6]), False),
        ({"x": tensor([1, 2]), "s": INF, "t": tensor([NAN, INF])}, tensor([0, 2.1e-6]), False),
        ({"x": tensor([1, 2])}, tensor([0, NAN]), False),
        ({"x": tensor([1, 2])}, tensor([0, INF]), False),
        ({"x": tensor([1, 2])}, tensor([[0, 0]]), False),
        ({"x": tensor([1, 2])}, tensor([0, 0], "float64"), False),
        ({"x": tensor([1, 2])}, tensor([0, 0], "int64"), False),
        ({"x": tensor([1, 2])}, [0.0, 0.0], False),
        ({"x": tensor([1, 2])}, None, False),
    ],
)
def test_what_is_declared_zero_must_be_as_small_as_rounding_makes_it(
    inputs: dict[str, Value], got: Value, accepted: bool
) -> None:
    trial = zero_trial(inputs, tensor([3e-9, -1e-8]))
    assert is_accepted(ZERO, trial, result=tensor([1.5, 2]), **{"grad(x)": got}) is accepted


def test_none_stands_for_rounded_zeros_where_the_question_says_so() -> None:
    rules = task(zero=("grad(x)",), none_is_zero=True)
    trial = zero_trial({"x": tensor([1])}, tensor([3e-9, -1e-8]))
    assert is_accepted(rules, trial, result=tensor([1.5, 2]), **{"grad(x)": None})


def test_a_learner_is_told_zero_and_not_the_rounding_of_the_reference() -> None:
    trial = zero_trial({"x": tensor([1])}, tensor([3e-9, -1e-8]))
    (difference,) = compare_trial(ZERO, trial, {"result": tensor([1.5, 2]), "grad(x)": tensor([0, 0.5])})
    assert difference.mismatch().expected == "tensor([0., 0.])"
    assert difference.mismatch().message == "grad(x) is wrong in 1 of 2 elements; at [1] it is 0.5, expected 0.0."


@given(
    st.lists(st.floats(-1e5, 1e5, width=32), min_size=1, max_size=5),
    st.lists(st.floats(-1, 1, width=32) | st.sampled_from([0.0, 1e-6, -1e-6, NAN, INF]), min_size=1, max_size=5),
)
def test_zero_up_to_rounding_is_a_millionth_of_the_largest_input(inputs: list[float], got: list[float]) -> None:
    inputs, got = [float(np.float32(x)) for x in inputs], [float(np.float32(x)) for x in got]
    trial = Trial({"x": tensor(inputs)}, {"grad(x)": tensor([1e-9] * len(got))}, {})
    bound = max([1.0, *map(abs, inputs)]) / 1_000_000
    # Whether a number lies on the bound itself is a matter of one rounding in float64.
    assume(not any(math.isclose(abs(x), bound, rel_tol=1e-12) for x in got))
    assert is_accepted(ZERO, trial, **{"grad(x)": tensor(got)}) is all(abs(x) < bound for x in got)


def _softmax_sum_gradient(x: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    """Zero in exact arithmetic: the rows of a softmax's Jacobian add up to nothing."""
    p = np.exp(x - x.max())
    p = p / p.sum()
    return np.asarray(p * (np.ones_like(p) - (p * np.ones_like(p)).sum()))


@pytest.mark.parametrize("size", [1.0, 30.0])
def test_a_softmax_that_is_summed_has_no_gradient_but_rounding(size: float) -> None:
    random = np.random.default_rng(5)
    for _ in range(50):
        x = (size * random.standard_normal(7)).astype(np.float32)
        trial = Trial({"x": tensor(x)}, {"grad(x)": tensor(_softmax_sum_gradient(x))}, {})
        assert is_accepted(ZERO, trial, **{"grad(x)": tensor(_softmax_sum_gradient(x[::-1])[::-1])})
        p = np.exp(x.astype(np.float64) - x.max())
        assert not is_accepted(ZERO, trial, **{"grad(x)": tensor(p / p.sum())})


# --- not finite --------------------------------------------------------------------------------------------

ELEMENTS = st.lists(st.sampled_from([NAN, INF, -INF, 0.0, 1.0, -2.5, 1e6]), min_size=1, max_size=6)


@given(ELEMENTS, st.data())
def test_nan_and_infinities_must_stand_where_they_are_expected_and_the_rest_must_agree(
    expected: list[float], data: st.DataObject
) -> None:
    got = data.draw(st.just(expected) | st.lists(st.sampled_from([*expected, NAN]), min_size=1, max_size=6))
    trial = Trial({}, {"result": tensor(expected)}, {})
    # repr tells NaN, both infinities and every finite number apart.
    same = [repr(float(x)) for x in expected] == [repr(float(x)) for x in got]
    assert is_accepted(task(not_finite=("result",)), trial, result=tensor(got)) is same


@pytest.mark.parametrize(
    ("expected", "names", "says"),
    [
        ([NAN, 1], (), "result is NaN or infinite somewhere; list it under `not_finite`"),
        ([NAN, 1], ("grad(x)",), "result is NaN or infinite somewhere"),
        ([NAN, 1, -2], ("result",), None),
        ([NAN, 0], ("result",), None),
        ([INF, 1, 1e-6], ("result",), "smallest element set to zero"),
        ([NAN, 1, 1e-6], ("result",), "smallest element set to zero"),
        ([INF, 1e-10], ("result",), "too small"),
        ([NAN, NAN], ("result",), "doing nothing would pass"),
        ([INF, INF], ("result",), "doing nothing would pass"),
        ([3, 1], ("result",), None),
    ],
)
def test_only_where_it_is_declared_may_a_value_be_other_than_finite(
    expected: list[float], names: tuple[str, ...], says: str | None
) -> None:
    for value in (tensor(expected), [tensor(expected)], {"a": tensor(expected)}):
        problem = trial_is_sound(task(not_finite=names), Trial({}, {"result": value}, {}))
        assert (problem is None) if says is None else (says in str(problem))


def test_an_infinity_of_float32_alone_is_no_noise_but_one_of_float64_alone_is() -> None:
    single, double = tensor([INF, 1]), tensor([3e39, 1.5], "float64")
    assert largest_difference(single, double, witness=True) == 0.5
    assert largest_difference(tensor([1, 1]), tensor([NAN, 1], "float64"), witness=True) == INF


def test_a_text_may_differ_in_float64_but_not_from_run_to_run() -> None:
    one: Value = {"dtype": "torch.float32", "value": 1.0}
    other: Value = {"dtype": "torch.float64", "value": 1.25}
    assert largest_difference(one, other, witness=True) == 0.25
    assert largest_difference(one, other) == INF
    assert largest_difference("a", 1.0, witness=True) == INF


def test_whole_numbers_beyond_any_float_have_a_difference() -> None:
    assert largest_difference(10**400, 10**400) == 0
    assert largest_difference(10**400, 1) == INF


# --- claims ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expected", "says"),
    [
        ({"is_leaf": True, "result": tensor([1, 2])}, None),
        ({"is_leaf": tensor([1, 1e-6]), "result": tensor([1, 2])}, None),
        ({"is_leaf": 1.0, "result": tensor([1, 2])}, None),
        ({"is_leaf": "RuntimeError", "result": tensor([0, 0])}, "no observation but claims holds a number"),
        ({"is_leaf": tensor([1, 2])}, "no observation but claims holds a number other than zero"),
        ({"is_leaf": 1.0}, "doing nothing would pass"),
        ({"is_leaf": NAN, "result": tensor([1, 2])}, "is_leaf is NaN"),
        ({"is_leaf": tensor([1, 2], "float16"), "result": tensor([1, 2])}, "is_leaf is float16"),
    ],
)
def test_claims_never_decide_alone_and_need_not_tell_mutants(expected: dict[str, Value], says: str | None) -> None:
    problem = trial_is_sound(task(trust=("is_leaf",)), Trial({}, expected, {"is_leaf": INF}))
    assert (problem is None) if says is None else (says in str(problem))


def test_a_claim_is_compared_like_anything_else() -> None:
    trial = Trial({}, {"error": "RuntimeError", "result": 1.0}, {})
    assert is_accepted(task(trust=("error",)), trial, error="RuntimeError", result=1.0)
    assert not is_accepted(task(trust=("error",)), trial, error="ValueError", result=1.0)
    assert not is_accepted(task(trust=("error",)), trial, result=1.0)


@pytest.mark.parametrize(
    ("gradient", "says"),
    [
        (tensor([3e-9, 0]), None),
        (tensor([0, 0], "float16"), None),
        (0.0, None),
        (tensor([1e-3, 0]), "grad(x) is not zero up to rounding; take it out of `zero`"),
        (tensor([NAN, 0]), "not zero"),
        (None, "not zero"),
        ("text", "not zero"),
        (True, "not zero"),
        ([], "not zero"),
    ],
)
def test_what_is_declared_zero_must_be_zero(gradient: Value, says: str | None) -> None:
    problem = trial_is_sound(ZERO, zero_trial({"x": tensor([1])}, gradient))
    assert (problem is None) if says is None else (says in str(problem))


def test_zeros_alone_tell_nothing() -> None:
    problem = trial_is_sound(task(zero=("result",)), Trial({"x": 1e6}, {"result": tensor([0.5, 0])}, {}))
    assert "doing nothing would pass" in str(problem)


def test_a_zero_that_was_not_declared_is_named_with_what_to_do() -> None:
    problem = trial_is_sound(task(), Trial({}, {"result": tensor([3e-9, -1e-9])}, {"result": 3e-9}))
    assert "if it is zero up to rounding on every trial, list it under `zero`" in str(problem)


# --- tolerance ---------------------------------------------------------------------------------------------


def bfloat16(data: npt.NDArray[np.floating]) -> TensorValue:
    """Cut off, not rounded: half as exact as the dtype can be, which must still be close enough."""
    bits = data.astype("<f4").view(np.uint32)
    return TensorValue("bfloat16", data.shape, (bits >> 16).astype("<u2").tobytes())


def float16(data: npt.NDArray[np.floating]) -> TensorValue:
    return tensor(data, "float16")


@pytest.mark.parametrize("half", [float16, bfloat16])
def test_half_precision_is_unsound_without_a_tolerance_and_says_which(half: object) -> None:
    assert callable(half)
    value = half(np.array([1.0, -2.0]))
    problem = trial_is_sound(task(), Trial({}, {"result": value}, {}))
    assert str(problem) == (
        f"result is {value.dtype}; say what is close with `tolerance: {{relative: 1e-2, scaled: 1e-3, absolute: 1e-6}}`"
    )
    assert trial_is_sound(task(tolerance=HALF), Trial({}, {"result": value}, {})) is None


@pytest.mark.parametrize("half", [float16, bfloat16])
@pytest.mark.parametrize("noise", [0.0, 5e-3])
def test_half_precision_accepts_its_own_rounding_and_nothing_two_percent_off(half: object, noise: float) -> None:
    assert callable(half)
    random = np.random.default_rng(11)
    rules = task(observe=("grad(x)",), tolerance=HALF)
    sound = 0
    for _ in range(40):
        exact = random.uniform(0.3, 2, (3, 4)) * random.choice([-1, 1], (3, 4))
        trial = Trial({}, {"grad(x)": half(exact)}, {"grad(x)": noise})
        if trial_is_sound(rules, trial):
            continue
        sound += 1
        assert is_accepted(rules, trial, **{"grad(x)": half(exact * (1 + 1e-4))})
        for wrong in (exact * 1.03, exact * 0.97, -exact, exact * 0, exact + 0.1, 2 * exact):
            assert not is_accepted(rules, trial, **{"grad(x)": half(wrong)})
        assert not is_accepted(rules, trial, **{"grad(x)": tensor(exact)})
    assert sound >= 30


def test_one_half_precision_is_not_the_other_and_neither_is_said_to_be_better() -> None:
    trial = Trial({}, {"result": bfloat16(np.array([1.0]))}, {})
    (difference,) = compare_trial(task(tolerance=HALF), trial, {"result": float16(np.array([1.0]))})
    assert difference.mismatch().message == "result has dtype float16, expected bfloat16."
    assert is_accepted(task(tolerance=HALF), trial, result=tensor([1.0]))


@pytest.mark.parametrize(
    ("tolerance", "says"),
    [
        (Tolerance(1e-4, 2e-6), None),
        (Tolerance(1e-2, 1e-3), None),
        (Tolerance(5e-2, 1e-3), None),
        (Tolerance(0.11, 0.0), "would accept 1.1 times the right value"),
        (Tolerance(1.0, 0.0), "would accept zeros"),
        (Tolerance(0.0, 0.0, 10.0), "would accept zeros"),
        (Tolerance(0.0, 0.0, 0.3), "would accept 1.01 times the right value"),
    ],
)
def test_a_tolerance_that_is_too_wide_makes_every_trial_unsound(tolerance: Tolerance, says: str | None) -> None:
    trial = Trial({}, {"result": tensor([4.0, -6.0])}, {})
    problem = trial_is_sound(task(tolerance=tolerance), trial)
    assert (problem is None) if says is None else (says in str(problem))


@given(
    st.lists(st.floats(0.5, 8, width=32), min_size=1, max_size=5),
    st.floats(1e-6, 9e-2),
    st.floats(0, 1e-3),
    st.floats(0.0, 1.0),
)
def test_on_a_sound_trial_no_tolerance_accepts_a_tenth_more(
    data: Sequence[float], relative: float, scaled: float, noise: float
) -> None:
    rules = task(tolerance=Tolerance(relative, scaled))
    trial = Trial({}, {"result": tensor(data)}, {"result": noise})
    assume(trial_is_sound(rules, trial) is None)
    assert not is_accepted(rules, trial, result=tensor(np.array(data) * 1.1))
    assert is_accepted(rules, trial, result=tensor(np.array(data) * (1 + relative / 2)))
