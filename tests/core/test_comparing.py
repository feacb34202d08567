import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.core.closeness import Tolerance, largest_difference
from bot.core.comparing import compare
from bot.core.questions import CodeTask, Trial, Unsound
from bot.core.relations import relation
from bot.core.soundness import trial_is_sound
from bot.core.verdicts import Mismatch, MismatchKind
from sandbox.values import TensorValue, Value
from tests.core.arrays import tensor


def compared(expected: Value, got: Value, noise: float = 0.0, exact_dtype: bool = False) -> Mismatch | None:
    difference = compare(expected, got, name="result", noise=noise, exact_dtype=exact_dtype)
    return difference.mismatch() if difference else None


def mismatch_of(expected: Value, got: Value, exact_dtype: bool = False) -> Mismatch:
    mismatch = compared(expected, got, exact_dtype=exact_dtype)
    assert mismatch is not None
    return mismatch


HALF = TensorValue("bfloat16", (1,), b"\x80\x3f")


@pytest.mark.parametrize(
    ("expected", "got"),
    [
        (tensor([4, 6]), tensor([4, 6])),
        (tensor([4, 6]), tensor([4.0001, 6])),
        (tensor([4, 6]), tensor([4.0001, 6], "float64")),
        (tensor([1, 1e-3]), tensor([1, 1.001e-3])),
        (tensor([0.0, 1.0]), tensor([-0.0, 1.0])),
        (tensor([math.nan, math.inf, 1]), tensor([math.nan, math.inf, 1])),
        (tensor([1 + 2j], "complex64"), tensor([1.00001 + 2j], "complex64")),
        (tensor([1, 2], "int64"), tensor([1, 2], "int64")),
        (TensorValue("bool", (2,), b"\x01\x00"), TensorValue("bool", (2,), b"\x07\x00")),
        (TensorValue("float32", (0, 3), b""), TensorValue("float32", (0, 3), b"")),
        (4.0, 4.0001),
        (4.0, 4),
        (4, 4.0),
        (math.nan, math.nan),
        (None, None),
        ("MulBackward0", "MulBackward0"),
        ([tensor([1]), {"a": 2.0}], [tensor([1]), {"a": 2.0}]),
    ],
)
def test_what_is_the_same_within_rounding_is_accepted(expected: Value, got: Value) -> None:
    assert compared(expected, got) is None


@pytest.mark.parametrize(
    ("expected", "got", "kind", "says"),
    [
        (tensor([1]), None, "KIND", "result is None, expected a tensor of shape [1]. Is a return missing?"),
        (tensor(1), 1.0, "KIND", "no .item()"),
        (1.0, tensor(1), "KIND", "Call .item() on it."),
        (None, tensor([0, 0]), "KIND", "expected None"),
        (True, 1, "KIND", "expected True"),
        (True, False, "VALUE", "result is False, expected True"),
        ("a", "b", "VALUE", "result is 'b', expected 'a'"),
        (tensor([[1, 2, 3]]), tensor([1, 2, 3]), "SHAPE", "result has shape [3], expected [1, 3]."),
        (tensor([1.0]), TensorValue("float32", (0, 2**60), b""), "SHAPE", "expected [1]"),
        (tensor([[1, 2, 3], [4, 5, 6]]), tensor([[1, 4], [2, 5], [3, 6]]), "SHAPE", "it is the transpose"),
        (tensor([1], "float64"), tensor([1]), "DTYPE", "dtype float32, expected float64, which holds more digits."),
        (tensor([1]), HALF, "DTYPE", "dtype bfloat16, expected float32, which holds more digits."),
        (tensor([1]), tensor([1], "int64"), "DTYPE", "dtype int64, expected float32."),
        (tensor([1]), tensor([1], "complex64"), "DTYPE", "dtype complex64"),
        (tensor([1], "int64"), tensor([1]), "DTYPE", "expected int64"),
        (tensor([1, 2]), tensor([math.nan, 2]), "NOT_FINITE", "result holds NaN in 1 of 2 elements."),
        (tensor([1, 2]), tensor([math.inf, math.nan]), "NOT_FINITE", "NaN and inf in 2 of 2"),
        (tensor([math.nan, 2]), tensor([1, 2]), "NOT_FINITE", "finite where tensor([nan, 2.])"),
        (tensor([math.inf]), tensor([-math.inf]), "VALUE", "is -inf, expected inf"),
        (tensor([1, 2, 3]), tensor([1, 5, 3.1]), "VALUE", "wrong in 2 of 3 elements; at [1] it is 5.0, expected 2.0."),
        (tensor([[1, 2], [3, 4]]), tensor([[1, 2], [9, 4]]), "VALUE", "at [1, 0] it is 9.0, expected 3.0."),
        (
            tensor([4, 6]),
            tensor([8, 12]),
            "VALUE",
            "wrong in every element: it is 2 times the expected value everywhere;",
        ),
        (tensor([1.0]), tensor([1.0002]), "VALUE", "result is 1.0002, expected 1.0."),
        (tensor([2**60], "int64"), tensor([2**60 + 1], "int64"), "VALUE", f"is {2**60 + 1}"),
        (tensor([1 + 2j], "complex64"), tensor([1 + 3j], "complex64"), "VALUE", "1+3j"),
        (4.0, 8.0, "VALUE", "result is 8.0, expected 4.0: it is 2 times the expected value."),
        (4.0, math.nan, "NOT_FINITE", "result is nan"),
        (100_000, 100_001, "VALUE", "is 100001"),
        (4.0, 10**400, "NOT_FINITE", "bits"),
        ([1, 2], [1], "SHAPE", "has 1 item, expected 2"),
        ([1, [2]], [1, [3]], "VALUE", "result[1][0] is 3"),
        ({"a": 1}, {"b": 1}, "SHAPE", "has the keys ['b'], expected ['a']"),
        ({"a": 1}, {"a": 2}, "VALUE", "result['a'] is 2"),
    ],
)
def test_each_difference_has_its_kind_and_a_sentence(expected: Value, got: Value, kind: str, says: str) -> None:
    mismatch = mismatch_of(expected, got)
    assert mismatch.kind is MismatchKind[kind]
    assert says in mismatch.message
    assert "\n" not in mismatch.message


def test_a_gradient_must_have_the_exact_dtype() -> None:
    assert mismatch_of(tensor([1]), tensor([1], "float64"), exact_dtype=True).kind is MismatchKind.DTYPE


def test_none_stands_for_zeros_only_where_the_question_says_so() -> None:
    zeros, ones = tensor([0, 0]), tensor([0, 1])
    assert compare(zeros, None, name="grad(x)", exact_dtype=True) is not None
    assert compare(zeros, None, name="grad(x)", exact_dtype=True, none_is_zero=True) is None
    assert compare(None, zeros, name="grad(x)", exact_dtype=True, none_is_zero=True) is None
    assert compare(ones, None, name="grad(x)", exact_dtype=True, none_is_zero=True) is not None


def test_half_precision_is_compared_only_with_the_authors_constants() -> None:
    with pytest.raises(ValueError, match="bfloat16"):
        compared(HALF, HALF)
    assert compare(HALF, HALF, name="result", exact_dtype=True, tolerance=Tolerance(1e-2, 1e-2)) is None


def test_noise_never_makes_one_percent_of_the_largest_element_acceptable() -> None:
    assert compared(tensor([1.0]), tensor([1.02]), noise=10.0) is not None


@pytest.mark.parametrize(
    ("expected", "got", "says"),
    [
        (tensor([1, 2]), tensor([0, 0]), "it is zero everywhere"),
        (tensor([1, -2]), tensor([-1, 2]), "it has the opposite sign everywhere"),
        (tensor([4, 6]), tensor([8, 12]), "it is 2 times the expected value everywhere"),
        (tensor([4, 6]), tensor([1, 1.5]), "it is 1/4 times the expected value everywhere"),
        (tensor([4, 6, 8]), tensor([1.68, 2.52, 3.36]), "it is 0.42 times the expected value everywhere"),
        (tensor([[1, 2], [3, 4]]), tensor([[1, 3], [2, 4]]), "it is the transpose of the expected value"),
        (tensor([4]), tensor([5]), None),
        (tensor([4, 6]), tensor([8, 12.1]), None),
        (tensor([4, 6]), tensor([5, 7.5]), None),
        (tensor([4, 6]), tensor([math.nan, 12]), None),
        (tensor([0, 0]), tensor([1, 2]), None),
        (tensor([1, 2], "int64"), tensor([2, 4], "int64"), None),
        (3.0, -3.0, "it has the opposite sign everywhere"),
        (None, 3.0, None),
    ],
)
def test_only_exact_and_simple_relations_are_told(expected: Value, got: Value, says: str | None) -> None:
    assert relation(expected, got) == says


# --- sound trials ------------------------------------------------------------------------------------------


def sound(expected: dict[str, Value], noise: dict[str, float], **rules: object) -> Unsound | None:
    return trial_is_sound(CodeTask("f", "", "", "", **rules), Trial({}, expected, noise))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("expected", "noise", "says"),
    [
        ({"result": tensor([1, -2])}, {"result": 1e-7}, None),
        ({"result": 3.0, "grad(x)": tensor([0, 0])}, {}, None),
        ({"result": tensor([1, 2], "int64")}, {}, None),
        ({"result": [tensor([1]), None, "text"]}, {}, None),
        ({"result": tensor([0, 0])}, {}, "doing nothing would pass"),
        ({"result": None}, {}, "doing nothing would pass"),
        ({"result": True}, {}, "doing nothing would pass"),
        ({"result": tensor([])}, {}, "doing nothing would pass"),
        ({"result": tensor([1e-10])}, {}, "too small"),
        ({"result": tensor([1.0])}, {"result": 2e-3}, "mostly rounding"),
        ({"result": tensor([1.0])}, {"result": math.inf}, "mostly rounding"),
        ({"result": tensor([1.0])}, {"result": math.nan}, "mostly rounding"),
        ({"result": tensor([0.0])}, {"result": 1e-9}, "mostly rounding"),
        ({"result": tensor([math.nan, 1])}, {}, "NaN or infinite"),
        ({"result": tensor([1.0, 1e-6])}, {}, "smallest element set to zero"),
        ({"result": HALF}, {}, "bfloat16"),
    ],
)
def test_a_trial_must_tell_right_from_wrong(
    expected: dict[str, Value], noise: dict[str, float], says: str | None
) -> None:
    problem = sound(expected, noise)
    assert (problem is None) if says is None else says in str(problem)


@pytest.mark.parametrize(
    ("one", "other", "difference"),
    [
        (tensor([1, 2]), tensor([1, 2.5]), 0.5),
        (tensor([1, 2]), tensor([1, 2.5], "float64"), 0.5),
        (tensor([math.nan, math.inf]), tensor([math.nan, math.inf]), 0),
        (tensor([math.nan]), tensor([1]), math.inf),
        (tensor([1, 2]), tensor([[1, 2]]), math.inf),
        (tensor([]), tensor([]), 0),
        ([1.0, {"a": 2.0}], [1.25, {"a": 2.0}], 0.25),
        ([1.0], [1.0, 2.0], math.inf),
        ({"a": 1}, {"b": 1}, math.inf),
        (None, None, 0),
        (None, 0.0, math.inf),
        ("a", "b", math.inf),
    ],
)
def test_the_largest_difference_covers_every_number(one: Value, other: Value, difference: float) -> None:
    assert largest_difference(one, other) == difference


FLOATS = st.floats(-1e6, 1e6, width=32)
ARRAYS = st.lists(FLOATS, min_size=1, max_size=12)


@given(ARRAYS, st.sampled_from(["float32", "float64"]))
def test_every_value_equals_itself(data: list[float], dtype: str) -> None:
    assert compared(tensor(data, dtype), tensor(data, dtype), exact_dtype=True) is None


@given(ARRAYS, st.floats(0, 1e3), st.sampled_from(["float32", "float64"]))
def test_on_a_sound_trial_common_wrong_values_are_rejected(data: list[float], noise: float, dtype: str) -> None:
    expected = tensor(data, dtype)
    assume(sound({"result": expected}, {"result": noise}) is None)
    array = np.array(data, dtype)
    dropped = array.copy()
    dropped[np.where(array == 0, np.inf, np.abs(array)).argmin()] = 0
    for wrong in (array * 1.01, -array, array * 0, array * 2, dropped):
        assert compared(expected, tensor(wrong, dtype), noise=noise) is not None


# --- an independent oracle: analytic gradients, in float32 against float64 ----------------------------------

Gradient = Callable[[npt.NDArray[np.floating], npt.NDArray[np.floating]], npt.NDArray[np.floating]]


def _softmax_cross_entropy(x: npt.NDArray[np.floating], w: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    z = x @ w
    p = np.exp(z - z.max(axis=1, keepdims=True))
    p = p / p.sum(axis=1, keepdims=True)
    p[:, 0] -= 1
    return x.T @ p / len(x)


def _layer_norm(x: npt.NDArray[np.floating], w: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    centred = x - x.mean(axis=1, keepdims=True)
    deviation = np.sqrt((centred**2).mean(axis=1, keepdims=True) + x.dtype.type(1e-5))
    y, g = centred / deviation, (x @ w) @ w.T
    return (g - g.mean(axis=1, keepdims=True) - y * (g * y).mean(axis=1, keepdims=True)) / deviation


GRADIENTS: dict[str, Gradient] = {
    "least squares": lambda x, w: 2 * x.T @ (x @ w - 1) / len(x),
    "tanh layer": lambda x, w: x.T @ (1 - np.tanh(x @ w) ** 2),
    "logistic": lambda x, w: x.T @ (np.tanh(x @ w / 2) - 1) / 2,
    "softmax cross-entropy": _softmax_cross_entropy,
    "layer norm": _layer_norm,
    "norm": lambda x, w: x / np.sqrt((x**2).sum() + 0 * w.sum()),
    "cube": lambda x, w: 3 * x**2 + 0 * w.sum(),
}


@pytest.mark.parametrize("name", GRADIENTS)
@pytest.mark.parametrize("size", [1.0, 30.0, 1e-3])
def test_a_gradient_in_float32_is_accepted_for_the_same_gradient_in_float64(name: str, size: float) -> None:
    random = np.random.default_rng(7)
    compared_trials = 0
    for _ in range(40):
        x, w = size * random.standard_normal((5, 4)), random.standard_normal((4, 3))
        x32, w32 = x.astype(np.float32), w.astype(np.float32)
        single = GRADIENTS[name](x32, w32)
        double = GRADIENTS[name](x32.astype(np.float64), w32.astype(np.float64))
        # The learner's order of operations is another one: rows summed backwards.
        other = GRADIENTS[name](x32[::-1].copy(), w32)
        other = other[::-1] if other.shape == x.shape and name in {"layer norm", "norm", "cube"} else other
        noise = {"result": float(np.abs(single - double).max())}
        assert single.dtype == np.float32
        if sound({"result": tensor(single)}, noise):
            continue
        compared_trials += 1
        for got in (tensor(other), tensor(double, "float64")):
            assert compared(tensor(single), got, noise["result"]) is None
        assert compared(tensor(single), tensor(single * np.float32(1.01)), noise["result"]) is not None
    assert compared_trials >= 10


def test_a_gradient_by_finite_differences_is_accepted_in_float64_only_as_float32_would_be() -> None:
    random = np.random.default_rng(3)
    x, w = random.standard_normal((5, 4)), random.standard_normal(4)
    exact = 2 * x.T @ (x @ w)
    step = 1e-5
    loss = [((x @ (w + sign * step * unit)) ** 2).sum() for unit in np.eye(4) for sign in (1, -1)]
    numeric = (np.array(loss[::2]) - np.array(loss[1::2])) / (2 * step)
    assert compared(tensor(exact), tensor(numeric)) is None
