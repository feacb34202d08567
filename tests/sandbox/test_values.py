"""The byte form of values: round trips, limits, and arbitrary bytes."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.frames import CONTROL, read_result, result_length, unpack_end, unpack_header
from sandbox.values import MAX_DEPTH, MAX_ITEMS, FrameError, TensorValue, Value, decode, encode

TENSORS = st.sampled_from(
    [
        TensorValue("float32", (2,), bytes(8)),
        TensorValue("int64", (), bytes(8)),
        TensorValue("bool", (0, 3), b""),
        TensorValue("complex128", (1, 1), bytes(16)),
    ]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary() | TENSORS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)


@given(VALUES)
def test_every_value_survives_the_round_trip(value: Value) -> None:
    try:
        data = encode(value)
    except FrameError:
        return  # deeper or larger than may cross
    assert decode(data) == (value if not isinstance(value, str) else value.encode("utf-8", "replace").decode())


def test_nan_survives_the_round_trip() -> None:
    assert math.isnan(decode(encode(math.nan)))  # type: ignore[arg-type]


@given(st.binary(max_size=400))
def test_arbitrary_bytes_give_a_value_or_the_one_named_error(data: bytes) -> None:
    try:
        decode(data)
    except FrameError:
        return


@given(VALUES, st.data())
def test_a_frame_changed_anywhere_gives_a_value_or_the_one_named_error(value: Value, data: st.DataObject) -> None:
    try:
        raw = bytearray(encode(value))
    except FrameError:
        return
    position = data.draw(st.integers(0, len(raw) - 1))
    raw[position] = data.draw(st.integers(0, 255))
    for read in (decode, read_result):
        try:
            read(bytes(raw))
        except FrameError:
            continue


@given(st.binary(min_size=CONTROL.size, max_size=CONTROL.size))
def test_arbitrary_headers_give_a_header_or_the_one_named_error(raw: bytes) -> None:
    for read in (unpack_header, unpack_end, result_length):
        try:
            read(raw)
        except FrameError:
            continue


def test_a_small_frame_cannot_claim_much_memory() -> None:
    bomb = b"l\xff\xff\xff\xff" + b"N" * 100
    with pytest.raises(FrameError, match=str(MAX_ITEMS)):
        decode(bomb)


def test_nesting_is_bounded() -> None:
    with pytest.raises(FrameError, match=str(MAX_DEPTH)):
        decode(b"l\x01\x00\x00\x00" * 100_000 + b"N")


@pytest.mark.parametrize(
    ("dtype", "shape", "size"),
    [("float32", (2,), 7), ("float33", (1,), 4), ("float32", (-1,), 4), ("int8", (1,) * 9, 1), ("int8", (2**40,), 5)],
)
def test_a_tensor_whose_parts_disagree_is_refused(dtype: str, shape: tuple[int, ...], size: int) -> None:
    with pytest.raises(FrameError):
        TensorValue(dtype, shape, bytes(size))
