import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.answers import Answer, read_value
from bot.core.typed_comparing import compare_answer
from bot.core.verdicts import Mismatch, MismatchKind
from sandbox.values import Value
from tests.core.arrays import tensor

THIRD = tensor([1 / 3, 2 / 3])


def typed(text: str) -> Answer:
    answer = read_value(text)
    assert isinstance(answer, Answer)
    return answer


def judged(expected: Value, text: str) -> Mismatch | None:
    return compare_answer(expected, typed(text))


@pytest.mark.parametrize(
    ("expected", "text"),
    [
        (tensor([4, 6]), "[4, 6]"),
        (tensor([4, 6]), "4 6"),
        (tensor([4, 6], "int64"), "4., 6."),
        (tensor([4, 6], "float64"), "tensor([4., 6.], grad_fn=<MulBackward0>)"),
        (tensor(13), "13"),
        (tensor(13), "tensor(13.)"),
        (13.0, "13"),
        (13, "13.0"),
        (tensor([[1, 2], [3, 4]]), "[[1,2],[3,4]]"),
        (THIRD, "1/3, 2/3"),
        (THIRD, "0.333, 0.667"),
        (THIRD, "0.333, 0.666"),
        (THIRD, "0.3333 0.6667"),
        (tensor(0.1), "0.1"),
        (tensor(0.30000007), "0.3"),
        (tensor(-1 / 3), "-0.333"),
        (tensor(-1 / 3), "-.3333"),
        (tensor(1234.5), "1234"),
        (tensor([1, 1e-8]), "[1, 0]"),
        (tensor([float("nan"), float("inf")]), "nan, inf"),
        (tensor([True, False], "bool"), "[True, False]"),
        (None, "None"),
        (True, "true"),
        ("MulBackward0", "<MulBackward0 object at 0x7f>"),
        ("RuntimeError", "builtins.RuntimeError"),
        ("torch.float32", "float32"),
        ([tensor(4), None], "4, None"),
        ([2, 3], "torch.Size([2, 3])"),
    ],
)
def test_right_answers_are_accepted_however_they_are_typed(expected: Value, text: str) -> None:
    assert judged(expected, text) is None


@pytest.mark.parametrize(
    ("expected", "text", "kind"),
    [
        (tensor([4, 6]), "[6, 4]", "VALUE"),
        (tensor([4, 6]), "[-4, -6]", "VALUE"),
        (tensor([4, 6]), "None", "KIND"),
        (tensor([4, 6]), "[None, 6]", "KIND"),
        (tensor([4, 6]), "[True, 6]", "KIND"),
        (tensor([1, 0]), "[True, False]", "KIND"),
        (tensor([True], "bool"), "[1]", "VALUE"),
        (tensor([4, 6]), "RuntimeError", "KIND"),
        (tensor([4, 6]), "4 6 8", "SHAPE"),
        (tensor([4, 6]), "[[4, 6]]", "SHAPE"),
        (tensor([[1, 2], [3, 4]]), "1 2 3 4", "SHAPE"),
        (tensor([[1, 2], [3, 4]]), "[[1, 2], [3]]", "SHAPE"),
        (tensor([4]), "4", "SHAPE"),
        (tensor(4), "[4]", "SHAPE"),
        (4.0, "[4]", "SHAPE"),
        (13.0, "13.01", "VALUE"),
        (13.0, "12.99", "VALUE"),
        (13.0, "13.4", "VALUE"),
        (tensor(1000), "1001", "VALUE"),
        (tensor(1e6), "1000001", "VALUE"),
        (100_000, "100001", "VALUE"),
        (tensor(1 / 3), "0.334", "VALUE"),
        (tensor(1 / 3), "0.332", "VALUE"),
        (tensor(2 / 3), "0.665", "VALUE"),
        (tensor(1 / 3), "0.33", "VALUE"),
        (tensor(1e-8), "0", "VALUE"),
        (tensor([0.0, 1.0]), "[0.001, 1]", "VALUE"),
        (tensor(float("nan")), "0", "VALUE"),
        (tensor(float("inf")), "-inf", "VALUE"),
        (tensor(1.0), "nan", "VALUE"),
        (None, "0", "KIND"),
        (True, "1", "KIND"),
        (False, "None", "KIND"),
        ("MulBackward0", "mulbackward0", "VALUE"),
        ("MulBackward0", "AddBackward0", "VALUE"),
        ("MulBackward0", "None", "KIND"),
        ([2, 3], "2", "SHAPE"),
        ([2, 3], "2, 4", "VALUE"),
        (tensor([1j], "complex64"), "[1]", "KIND"),
    ],
)
def test_wrong_answers_are_rejected_by_kind(expected: Value, text: str, kind: str) -> None:
    mismatch = judged(expected, text)
    assert mismatch is not None
    assert mismatch.kind is MismatchKind[kind]


@pytest.mark.parametrize(
    ("expected", "text", "says"),
    [
        (tensor(1 / 3), "0.33", "three significant digits"),
        (THIRD, "0.33, 0.67", "three significant digits"),
        (tensor([4]), "4", "Put the number into brackets"),
        (tensor(4), "[4]", "single number, without brackets"),
        (4.0, "[4]", "not in a list"),
        (tensor([[1, 2], [3, 4]]), "1 2 3 4", "shape [4]; what is asked for has shape [2, 2]"),
        (tensor([[1, 2], [3, 4]]), "[[1], [2, 3]]", "different lengths"),
    ],
)
def test_a_near_miss_is_told_what_is_missing(expected: Value, text: str, says: str) -> None:
    mismatch = judged(expected, text)
    assert mismatch is not None
    assert says in mismatch.message


@pytest.mark.parametrize("text", ["[7, 7]", "[4, 7]", "None", "[4.5, 6]"])
def test_the_message_does_not_tell_the_expected_value(text: str) -> None:
    mismatch = judged(tensor([4.125, 6.375]), text)
    assert mismatch is not None
    assert "4.1" not in mismatch.message
    assert "6.3" not in mismatch.message


@given(st.floats(-1e6, 1e6, width=32), st.integers(3, 9))
def test_a_number_rounded_to_three_or_more_digits_is_right(value: float, digits: int) -> None:
    assert judged(tensor(value), f"{value:.{digits - 1}e}") is None


@given(st.floats(0.0078125, 1e6, width=32), st.sampled_from([0.99, 1.01, -1.0, 2.0]))
def test_a_number_one_percent_off_is_wrong(value: float, factor: float) -> None:
    assert judged(tensor(value), f"{value * factor:.6e}") is not None
