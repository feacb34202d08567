"""From how a child ended to a report: pure, and the one place that tells a learner's failure from ours."""

from __future__ import annotations

import os
import signal
from dataclasses import replace

from sandbox.frames import SENT, End, Stop, read_result
from sandbox.protocol import Ending, Failure, Limits, Report, SandboxFault
from sandbox.values import FrameError

STARVED_SHARE = 0.5
"""A run that spent this share of its time waiting for a CPU says nothing about the code: run it once more."""
OVERSLEPT_SHARE = 0.25
"""A timer this share of the limit late was not running itself: what came in time may have gone unseen."""


class Doubtful(SandboxFault):
    """The run ended in a way that may be others' doing: run it once more; in doubt again, ``report`` it is."""

    def __init__(self, why: str, report: Report) -> None:
        super().__init__(why)
        self.report = report


class Starved(Doubtful):
    """The time limit passed, but mostly because the machine was busy with others."""


class Struck(Doubtful):
    """Somebody killed the run, and it cannot be told who."""


def finished(body: bytes, output: str, wall_ms: float) -> Report:
    """The report of a run whose result frame is complete; ``body`` is that frame's, still unread."""
    try:
        trials, failure = read_result(body)
    except FrameError as error:
        # A frame of the right length with nonsense in it: written by hand, so it is the learner's.
        return Report(Ending.CRASHED, output=output, detail=f"an unreadable result ({error})", wall_ms=wall_ms)
    ending = Ending.MEMORY_LIMIT if failure and _out_of_memory(failure) else Ending.COMPLETED
    return Report(ending, trials, failure, output, wall_ms=wall_ms)


def ended(end: End, limits: Limits, output: str, wall_ms: float) -> Report:
    """The report of a run within ``limits`` that ended without a complete frame. Raises :class:`Doubtful`."""
    ending, detail = _ending(end)
    report = Report(ending, output=output, detail=detail, wall_ms=wall_ms)
    if end.stop is Stop.WALL and _starved(end, limits.wall_ms * 1000):
        raise Starved("the machine was too busy to run it", replace(report, detail="the machine was busy both times"))
    if end.stop is Stop.EXITED and ending is Ending.CRASHED and os.WTERMSIG(end.status) in SENT:
        raise Struck(f"somebody killed it ({detail})", report)
    return report


def _out_of_memory(failure: Failure) -> bool:
    if failure.stage == "compile":
        return False  # the parser says so of what nests too deeply for it
    return failure.type == "MemoryError" or "DefaultCPUAllocator" in failure.message


def _ending(end: End) -> tuple[Ending, str]:
    if end.stop is Stop.OUTPUT:
        return Ending.OUTPUT_LIMIT, ""
    if end.stop is Stop.WALL:
        return Ending.TIME_LIMIT, ""
    if end.stop is Stop.BAD_RESULT:
        return Ending.CRASHED, "something else was written where the result belongs"
    if end.stop is Stop.ASKED:
        return Ending.TIME_LIMIT, "stopped on request"
    if os.WIFSIGNALED(end.status):
        return _killed(end, os.WTERMSIG(end.status))
    return Ending.CRASHED, f"it exited with status {os.waitstatus_to_exitcode(end.status)} before returning"


def _starved(end: End, limit_us: int) -> bool:
    waited = end.run_delay_us > STARVED_SHARE * end.wall_us
    overslept = end.wall_us > (1 + OVERSLEPT_SHARE) * limit_us
    # Its own processes and threads can keep it waiting too, and the timer with it, and that is its own doing.
    return (waited or overslept) and not end.leftovers and end.cpu_us < STARVED_SHARE * end.wall_us


def _killed(end: End, number: int) -> tuple[Ending, str]:
    if end.oom_kills:
        return Ending.MEMORY_LIMIT, ""
    if number == signal.SIGXCPU:
        return Ending.TIME_LIMIT, ""
    if number == signal.SIGSYS:
        return Ending.FORBIDDEN, ""
    return Ending.CRASHED, signal.Signals(number).name if number in set(signal.Signals) else f"signal {number}"
