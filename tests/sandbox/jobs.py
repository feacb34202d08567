"""Jobs and values the sandbox tests share."""

from __future__ import annotations

import struct

from sandbox.protocol import Job, Limits, Program
from sandbox.values import TensorValue

SQUARE = """
import torch

def gradient(x):
    x = x.clone().requires_grad_()
    (x ** 2).sum().backward()
    return x.grad
"""


def floats(*numbers: float, shape: tuple[int, ...] | None = None) -> TensorValue:
    return TensorValue("float32", shape or (len(numbers),), struct.pack(f"<{len(numbers)}f", *numbers))


def answer(source: str, *, entry: str = "f", wall_ms: int = 5000, trials: int = 1, **more: object) -> Job:
    inputs = {"x": floats(2.0, 3.0)}
    limits = Limits(wall_ms=wall_ms)
    return Job(Program.ANSWER, source, entry, trials=(inputs,) * trials, limits=limits, **more)  # type: ignore[arg-type]
