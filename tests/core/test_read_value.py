import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.answers import MAX_VALUE, Answer, Unreadable, read_answer, read_value
from sandbox.values import Value


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("[4., 6.]", [4, 6]),
        ("[4, 6]", [4, 6]),
        ("4 6", [4, 6]),
        ("4, 6", [4, 6]),
        ("4; 6", [4, 6]),
        ("4 and 6", [4, 6]),
        ("(4,6)", [4, 6]),
        ("(4,)", [4]),
        ("(4)", 4),
        ("tensor([4., 6.])", [4, 6]),
        ("tensor([4., 6.], grad_fn=<MulBackward0>)", [4, 6]),
        ("torch.tensor([4, 6], dtype=torch.float64, requires_grad=True)", [4, 6]),
        ("tensor(13., grad_fn=<SumBackward0>)", 13),
        ("tensor([])", []),
        ("array([1., 2.], dtype=float32)", [1, 2]),
        ("Parameter containing:\ntensor([1.], requires_grad=True)", [1]),
        ("torch.Size([2, 3])", [2, 3]),
        ("x.grad = [4, 6]", [4, 6]),
        ("x.grad is tensor([4., 6.])", [4, 6]),
        ("grad: [4, 6]", [4, 6]),
        ("dz/dx = 4", 4),
        ("the answer is 4", 4),
        ("answer: None", None),
        ("1e-3", 0.001),
        ("-0.5", -0.5),
        ("+.5", 0.5),
        ("−3", -3),
        ("4 −6", [4, -6]),
        ("≈ 0.333", 0.333),
        ("1_000", 1000),
        ("1/3", 1 / 3),
        ("[1/2, -1 / 4]", [0.5, -0.25]),
        ("inf", math.inf),
        ("-inf", -math.inf),
        ("-∞", -math.inf),
        ("float('inf')", math.inf),
        ("torch.inf", math.inf),
        ("None", None),
        ("none.", None),
        ("True", True),
        ("true", True),
        ("FALSE", False),
        ("True, False", [True, False]),
        ("RuntimeError", "RuntimeError"),
        ("RuntimeError: element 0 of tensors does not require grad", "RuntimeError"),
        ("it raises a RuntimeError", "RuntimeError"),
        ("RuntimeError('boom')", "RuntimeError"),
        ("Traceback (most recent call last):\n  File\nValueError: no", "ValueError"),
        ("<class 'RuntimeError'>", "RuntimeError"),
        ("MulBackward0", "MulBackward0"),
        ("<MulBackward0>", "MulBackward0"),
        ("<MulBackward0 object at 0x7f00>", "MulBackward0"),
        ("torch.float32", "torch.float32"),
        ('"RuntimeError"', "RuntimeError"),
        ("'two words'", "two words"),
        ("`[4, 6]`", [4, 6]),
        ("```\n[4, 6]\n```", [4, 6]),
        ("```python\ntensor([4., 6.])\n```", [4, 6]),
        ("“4”", 4),
        ("[4, 6].", [4, 6]),
        ("\u00a0[4,\u00a06]\u200b", [4, 6]),
        ("[[1,2],[3,4]]", [[1, 2], [3, 4]]),
        ("[[1. 2.]\n [3. 4.]]", [[1, 2], [3, 4]]),
        ("[[1], [2, 3]]", [[1], [2, 3]]),
    ],
)
def test_values_are_read_as_people_type_them(typed: str, value: Value) -> None:
    answer = read_value(typed)
    assert isinstance(answer, Answer)
    assert answer.value == value
    assert type(answer.value) is type(value) or isinstance(value, int | float)


@pytest.mark.parametrize("typed", ["nan", "NaN", "float('nan')", "math.nan", "tensor(nan)"])
def test_nan_is_read(typed: str) -> None:
    answer = read_value(typed)
    assert isinstance(answer, Answer)
    assert isinstance(answer.value, float)
    assert math.isnan(answer.value)


@pytest.mark.parametrize(
    ("typed", "unit"),
    [("4", 1), ("0.333", 0.001), ("1e-3", 0.001), ("2.50e2", 1), ("1/3", 0), ("None", 0), ("[4.0, 1]", [0.1, 1])],
)
def test_the_last_typed_place_is_remembered(typed: str, unit: Value) -> None:
    answer = read_value(typed)
    assert isinstance(answer, Answer)
    assert answer.units == unit


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("", "empty"),
        (" ``` ``` ", "empty"),
        ("I do not know", "like a sentence"),
        ("x**2", "not expressions"),
        ("4x", "'4x'"),
        ("4-6", "comma"),
        ("2*[3]", "not expressions"),
        ("torch.zeros(3)", "do not evaluate"),
        ("__import__('os')", "do not evaluate"),
        ("__import__('os').system('true')", "not expressions"),
        ("torch.tensor(4)+1", "side by side"),
        ("tensor(1, 2)", "[ ]"),
        ("[4, 6", "closing ]"),
        ("4]", "before ']'"),
        ("1/0", "divides by zero"),
        ("1e999", "too large"),
        ("9" * 400, "too many digits"),
        ("0e" + "9" * 400, "too many digits"),
        ("[" * 9 + "1" + "]" * 9, "deeper than 8"),
        ("[" * 2000, "deeper than 8"),
        ("x" * (MAX_VALUE + 1), "longer than 4096"),
        ("é" * 3000, "longer than 4096"),
        ("1" * 10_000_000, "longer than 4096"),
    ],
)
def test_what_is_no_value_is_said_with_what_to_do(typed: str, says: str) -> None:
    answer = read_value(typed)
    assert isinstance(answer, Unreadable)
    assert says in answer.message
    assert "Type it like [4, 6]" in answer.message
    assert len(answer.message) < 300


PIECES = [
    "[",
    "]",
    "(",
    ")",
    ",",
    " ",
    "4",
    "-0.5",
    "1e",
    "/",
    "tensor(",
    "nan",
    "None",
    "=",
    "and",
    "<",
    ">",
    "'",
    '"',
    "`",
]
PIECES += ["x.grad", "RuntimeError", "is", ":", "\n", "−", "∞", "\ud800", "\0", "٤"]


@given(st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=4)), max_size=40).map("".join))
def test_any_text_becomes_a_value_or_a_sentence(typed: str) -> None:
    answer = read_value(typed)
    assert isinstance(answer, Answer) or answer.message


@given(
    st.recursive(
        st.one_of(st.floats(allow_nan=False), st.integers(-(10**9), 10**9)),
        lambda inner: st.lists(inner, max_size=4),
        max_leaves=20,
    )
)
def test_what_python_prints_is_read_back(value: Value) -> None:
    text = repr(value)
    answer = read_value(text)
    if "[[[[[[[[[" not in text:
        assert isinstance(answer, Answer)
        assert answer.value == value


@pytest.mark.parametrize("said", ["hello", "yes", "solution", "'quoted'", "x" * 200])
@pytest.mark.parametrize("solution", ["[4, 6]", "RuntimeError", "PowBackward0", "2 * $a", "None"])
def test_a_word_that_names_nothing_is_a_slip_whatever_the_right_answer_is(said: str, solution: str) -> None:
    read = read_answer(said, solution)
    assert isinstance(read, Unreadable)
    assert read == read_answer(said, "[1]"), "what is said of it tells nothing of the right answer"


@pytest.mark.parametrize(
    "said",
    ["RuntimeError", "it raises a ValueError", "<PowBackward0>", "AccumulateGrad", "torch.float64", "None", "[1]"],
)
def test_what_python_or_torch_might_say_is_an_answer(said: str) -> None:
    assert read_answer(said, "[4, 6]") == read_value(said)


def test_where_another_word_is_the_right_answer_every_word_is_one() -> None:
    assert isinstance(read_answer("nothing", "everything"), Answer)
