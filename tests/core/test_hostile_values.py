"""Values that nobody computes by mistake: compared by exact arithmetic's rule, and without a warning of numpy's."""

import math
import struct
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.closeness import TOLERANCES, Tolerance, largest_difference, rounding
from bot.core.comparing import compare
from bot.core.grading import grade
from bot.core.questions import CodeTask, Level, Mistake, Question, Trial, WrongAnswer
from bot.core.showing import elements
from bot.core.soundness import trial_is_sound
from bot.core.verdicts import Outcome
from sandbox.protocol import Ending, Report
from sandbox.values import ITEM_SIZE, TensorValue, Value
from tests.core.arrays import tensor

pytestmark = pytest.mark.filterwarnings("error")

SIGNALLING = {"float16": 0x7C01, "bfloat16": 0x7F81, "float32": 0x7F800001, "float64": 0x7FF0000000000001}
LARGEST = {"float16": 0x7BFF, "bfloat16": 0x7F7F, "float32": 0x7F7FFFFF, "float64": 0x7FEFFFFFFFFFFFFF}
FLOATS = tuple(SIGNALLING)
PARTS = {"complex64": "float32", "complex128": "float64"}
TASK = CodeTask("f", "", "", "", tolerance=Tolerance(1e-2, 1e-3, 1e-6))


def made_of(dtype: str, *bits: int) -> TensorValue:
    """Four elements, each of its parts one of ``bits`` in turn."""
    part = PARTS.get(dtype, dtype)
    size = ITEM_SIZE[part]
    parts = [bits[index % len(bits)].to_bytes(size, "little") for index in range(4 * ITEM_SIZE[dtype] // size)]
    return TensorValue(dtype, (2, 2), b"".join(parts))


def odd(dtype: str) -> list[TensorValue]:
    part = PARTS.get(dtype, dtype)
    sign = 1 << (8 * ITEM_SIZE[part] - 1)
    signalling, largest = SIGNALLING[part], LARGEST[part]
    patterns = [
        (signalling,),
        (signalling | sign, largest),
        (largest + 1, largest),  # infinity
        (largest, largest | sign),
        (1, sign),
        (1, largest),
        (2 * sign - 1, 0),
    ]
    return [made_of(dtype, *bits) for bits in patterns]


ODD = [value for dtype in (*FLOATS, *PARTS) for value in odd(dtype)]
PLAIN = [tensor([[1, 2], [3, 4]], dtype) for dtype in ("float16", "float32", "float64", *PARTS, "int64", "bool")]
NUMBERS: list[Value] = [3.5, 3, 1e308, -1e308, 5e-324, math.inf, math.nan, 2**4000, -(2**4000), True, None]
PAIRS: list[tuple[Value, Value]] = [
    *product((*PLAIN, *ODD), ODD),
    *product(NUMBERS, NUMBERS),
    *((None, value) for value in ODD),
    *((value, None) for value in ODD),
]


def question(task: CodeTask) -> Question:
    return Question("q", "Q", Level.EASY, ("t",), "", task, (WrongAnswer("a", "M", "w"),), (), "", 5000)


@pytest.mark.parametrize("zero", [(), ("result",)], ids=["as it is", "as zero"])
def test_no_value_makes_numpy_warn_while_it_is_graded(zero: tuple[str, ...]) -> None:
    task = CodeTask("f", "", "", "", zero=zero, none_is_zero=True, tolerance=TASK.tolerance)
    for expected, got in PAIRS:
        trial = Trial({}, {"result": expected}, {}, mistakes=(Mistake({"result": expected}),))
        report = Report(Ending.COMPLETED, ({"result": got},))
        verdict = grade(question(task), report, (trial,))
        assert verdict.outcome in {Outcome.ACCEPTED, Outcome.WRONG_ANSWER}


def test_no_value_makes_numpy_warn_while_a_bank_is_filled() -> None:
    for one, other in PAIRS:
        assert largest_difference(one, other) >= 0
        assert largest_difference(one, other, witness=True) >= 0
        assert rounding(one) >= 0
        trial_is_sound(TASK, Trial({"x": other}, {"result": one}, {"result": 1e-7}))


def test_no_number_is_accepted_for_infinity_but_infinity() -> None:
    accepted = [
        (expected, got)
        for expected, got in product([math.inf, -math.inf], NUMBERS)
        if compare(expected, got, name="result", exact_dtype=False) is None
    ]
    assert accepted == [(math.inf, math.inf)]


SINGLE = st.binary(min_size=4, max_size=4).map(lambda raw: float(struct.unpack("<f", raw)[0]))
DOUBLE = st.binary(min_size=8, max_size=8).map(lambda raw: float(struct.unpack("<d", raw)[0]))
NEAR = st.sampled_from([1e-13, 1e-8, 2e-6, 1e-4, 0.01]).flatmap(lambda near: st.floats(-2 * near, 2 * near))
MODEST = st.floats(-1e3, 1e3)


@st.composite
def pairs(draw: st.DrawFn) -> tuple[str, list[float], list[float], float]:
    """A dtype, what is expected in it, what came instead, much of it nearly the same, and the noise."""
    dtype = draw(st.sampled_from(["float32", "float64"]))
    form = "<f" if dtype == "float32" else "<d"
    wild = SINGLE if dtype == "float32" else DOUBLE
    expected = [
        struct.unpack(form, struct.pack(form, number))[0]
        for number in draw(st.lists(MODEST | wild, min_size=1, max_size=4))
    ]
    got = [draw(st.sampled_from([number, number * (1 + draw(NEAR)), draw(wild)])) for number in expected]
    return dtype, expected, got, draw(st.sampled_from([0.0, 1e-9, 1e-5, 1.0]))


def bound(dtype: str, expected: float, largest: Fraction, noise: float) -> Fraction:
    """How far from ``expected`` is still close, in exact arithmetic."""
    constants = TOLERANCES[dtype]
    relative, absolute = Fraction(constants.relative), Fraction(constants.absolute)
    room = relative * abs(Fraction(expected)) + Fraction(constants.scaled) * largest + 4 * Fraction(noise) + absolute
    return min(room, max(largest / 100, absolute))


@given(pairs())
def test_what_is_close_is_what_exact_arithmetic_says(drawn: tuple[str, list[float], list[float], float]) -> None:
    dtype, expected, given_, noise = drawn
    # Wider than expected, so that what came is what is compared.
    got = tensor(given_, "float64")
    difference = compare(tensor(expected, dtype), got, name="result", noise=noise, exact_dtype=False)
    largest = max((abs(Fraction(number)) for number in expected if math.isfinite(number)), default=Fraction(0))
    verdicts = []
    for e, a in zip(expected, elements(got).tolist(), strict=True):
        if not math.isfinite(e) or not math.isfinite(a):
            verdicts.append("close" if e == a or (math.isnan(e) and math.isnan(a)) else "off")
            continue
        far, near = abs(Fraction(a) - Fraction(e)), bound(dtype, e, largest, noise)
        slack = Fraction(1, 10**9) * max(near, far)
        verdicts.append("close" if far < near - slack else "off" if far > near + slack else "either")
    if "off" in verdicts:
        assert difference is not None
    elif set(verdicts) == {"close"}:
        assert difference is None
