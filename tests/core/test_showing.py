import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.showing import show
from sandbox.values import TensorValue, Value
from tests.core.arrays import tensor


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (tensor([4, 6]), "tensor([4., 6.])"),
        (tensor(13), "tensor(13.)"),
        (tensor([[1, 0.5], [1 / 3, -2]]), "tensor([[1., 0.5], [0.3333, -2.]])"),
        (tensor([math.nan, math.inf, -math.inf]), "tensor([nan, inf, -inf])"),
        (tensor([1e-5, 123456.7]), "tensor([1e-05, 1.235e+05])"),
        (tensor([1, 2], "int64"), "tensor([1, 2])"),
        (tensor([True, False], "bool"), "tensor([True, False])"),
        (tensor([1, 2], "float64"), "tensor([1., 2.], dtype=torch.float64)"),
        (TensorValue("bfloat16", (1,), b"\x80\x3f"), "tensor([1.], dtype=torch.bfloat16)"),
        (tensor([1 + 2j], "complex64"), "tensor([1+2j], dtype=torch.complex64)"),
        (tensor([]), "tensor([])"),
        (TensorValue("float32", (0, 2**60), b""), f"tensor([], size=(0, {2**60}))"),
        (tensor([[0.5] * 10] * 10), "tensor of shape [10, 10]: 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, …"),
        (None, "None"),
        (True, "True"),
        (4, "4"),
        (2**4000, "an integer of 4001 bits"),
        (4.0, "4.0"),
        (1 / 3, "0.3333"),
        ("a\n\u202e`", "'a\\n\\u202e`'"),
        ([1, [None, "x"]], "[1, [None, 'x']]"),
        ({"loss": tensor([1])}, "{'loss': tensor([1.])}"),
    ],
)
def test_values_are_shown_small(value: Value, text: str) -> None:
    assert show(value) == text


def test_long_values_end_in_an_ellipsis_at_the_limit() -> None:
    shown = show([1.5] * 10_000, 50)
    assert len(shown) == 50
    assert shown.endswith("…")


LEAVES = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.binary(max_size=20))
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=30)


@given(VALUES, st.integers(1, 300))
def test_no_value_is_shown_longer_than_the_limit(value: Value, limit: int) -> None:
    shown = show(value, limit)
    assert len(shown) <= limit
    assert shown.isprintable()
