"""From how a child ended to a report: pure, and the one place that tells a learner's failure from ours."""

from __future__ import annotations

import os
import signal

from sandbox.frames import End, Stop, read_result
from sandbox.protocol import Ending, Failure, Report, SandboxFault
from sandbox.values import FrameError

STARVED_SHARE = 0.5
"""A run that spent this share of its time waiting for a CPU says nothing about the code: run it once more."""


class Starved(SandboxFault):
    """The time limit passed, but mostly because the machine was busy with others."""


def finished(body: bytes, output: str, wall_ms: float) -> Report:
    """The report of a run whose result frame is complete; ``body`` is that frame's, still unread."""
    try:
        trials, failure = read_result(body)
    except FrameError as error:
        # A frame of the right length with nonsense in it: written by hand, so it is the learner's.
        return Report(Ending.CRASHED, output=output, detail=f"an unreadable result ({error})", wall_ms=wall_ms)
    ending = Ending.MEMORY_LIMIT if failure and _out_of_memory(failure) else Ending.COMPLETED
    return Report(ending, trials, failure, output, wall_ms=wall_ms)


def ended(end: End, output: str, wall_ms: float) -> Report:
    """The report of a run that ended without a complete frame. Raises :class:`Starved`."""
    ending, detail = _ending(end)
    return Report(ending, output=output, detail=detail, wall_ms=wall_ms)


def _out_of_memory(failure: Failure) -> bool:
    return failure.type == "MemoryError" or "DefaultCPUAllocator" in failure.message


def _ending(end: End) -> tuple[Ending, str]:
    if end.stop is Stop.OUTPUT:
        return Ending.OUTPUT_LIMIT, ""
    if end.stop is Stop.WALL:
        if _starved(end):
            raise Starved("the machine was too busy to run it")
        return Ending.TIME_LIMIT, ""
    if end.stop is Stop.BAD_RESULT:
        return Ending.CRASHED, "something else was written where the result belongs"
    if end.stop is Stop.ASKED:
        return Ending.TIME_LIMIT, "stopped on request"
    if os.WIFSIGNALED(end.status):
        return _killed(end, os.WTERMSIG(end.status))
    return Ending.CRASHED, f"it exited with status {os.waitstatus_to_exitcode(end.status)} before returning"


def _starved(end: End) -> bool:
    # Its own processes and threads can keep it waiting too, and that is its own doing.
    waited = end.run_delay_us > STARVED_SHARE * end.wall_us
    return waited and not end.leftovers and end.cpu_us < STARVED_SHARE * end.wall_us


def _killed(end: End, number: int) -> tuple[Ending, str]:
    if end.oom_kills:
        return Ending.MEMORY_LIMIT, ""
    if number == signal.SIGXCPU:
        return Ending.TIME_LIMIT, ""
    if number == signal.SIGSYS:
        return Ending.FORBIDDEN, ""
    return Ending.CRASHED, signal.Signals(number).name if number in set(signal.Signals) else f"signal {number}"
