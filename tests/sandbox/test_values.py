"""The limits of values in their byte form; test_frames_fuzzed.py has arbitrary values and bytes."""

from __future__ import annotations

import pytest

from sandbox.values import MAX_DEPTH, MAX_ITEMS, FrameError, TensorValue, decode


def test_a_small_frame_cannot_claim_much_memory() -> None:
    bomb = b"l\xff\xff\xff\xff" + b"N" * 100
    with pytest.raises(FrameError, match=str(MAX_ITEMS)):
        decode(bomb)


def test_nesting_is_bounded() -> None:
    with pytest.raises(FrameError, match=str(MAX_DEPTH)):
        decode(b"l\x01\x00\x00\x00" * 100_000 + b"N")


@pytest.mark.parametrize(
    ("dtype", "shape", "size"),
    [
        ("float32", (2,), 7),
        ("float33", (1,), 4),
        ("float32", (-1,), 4),
        ("int8", (1,) * 9, 1),
        ("int8", (2**40,), 5),
        ("int8", (2**63, 0), 0),
    ],
)
def test_a_tensor_whose_parts_disagree_is_refused(dtype: str, shape: tuple[int, ...], size: int) -> None:
    with pytest.raises(FrameError):
        TensorValue(dtype, shape, bytes(size))
