"""Submissions whose report is known: a cell that reports anything else must not be lent."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, field

from sandbox.cell_client import CellClient
from sandbox.protocol import Ending, Job, Program, Report, SandboxFault
from sandbox.values import TensorValue


@dataclass(frozen=True, slots=True)
class _Canary:
    job: Job
    right: Callable[[Report], bool] = field(repr=False)


def _canaries() -> tuple[_Canary, _Canary]:
    def floats(*numbers: float) -> TensorValue:
        return TensorValue("float32", (len(numbers),), struct.pack(f"<{len(numbers)}f", *numbers))

    trials = ({"x": floats(2.0, 3.0)},)
    double = "def f(x):\n    (x * x).sum().backward()\n    return x.grad\n"
    raises = "def f(x):\n    return x.nothing\n"
    good = Job(Program.ANSWER, double, "f", observe=("result", "grad(x)"), trials=trials)
    bad = Job(Program.ANSWER, raises, "f", trials=trials)
    return (
        _Canary(good, lambda report: bool(report.trials) and report.trials[0].get("grad(x)") == floats(4.0, 6.0)),
        _Canary(bad, lambda report: report.failure is not None and report.failure.type == "AttributeError"),
    )


_CANARIES = _canaries()
CANARIES = len(_CANARIES)


async def check(client: CellClient) -> None:
    """Run one right and one wrong submission. Raises :class:`SandboxFault` unless both are reported as such."""
    for canary in _CANARIES:
        report = await client.run(canary.job)
        await client.settled()
        if report.ending is not Ending.COMPLETED or not canary.right(report):
            raise SandboxFault(f"a cell failed its canary: {report}")
