"""Watches one child from its source to its end, passing on what it prints and returns."""

from __future__ import annotations

import contextlib
import os
import select
import time
from dataclasses import dataclass

from sandbox.cell.control import Control, waiting
from sandbox.frames import JOB_LENGTH, RESULT_HEAD, Kind, Stop, result_length
from sandbox.protocol import Limits
from sandbox.values import FrameError


@dataclass(slots=True)
class Parked:
    """A child that waits for source, or will once it is confined, with our ends of its pipes."""

    pid: int
    uid: int
    pidfd: int
    job: int
    result: int
    output: int
    is_confined: bool = False

    def announce(self, length: int) -> None:
        """Tell the child how long the job is that follows."""
        with contextlib.suppress(BrokenPipeError):  # it is gone, as will be seen
            os.write(self.job, JOB_LENGTH.pack(length))

    def close_job(self) -> None:
        """Tell the child that its source is complete."""
        os.close(self.job)
        self.job = -1

    def close(self) -> None:
        """Close our ends."""
        for descriptor in (self.pidfd, self.job, self.result, self.output):
            if descriptor >= 0:
                os.close(descriptor)


class Watch:
    """Forwards one child's output and result until there is a reason to stop."""

    def __init__(self, control: Control, job: int, child: Parked, limits: Limits) -> None:
        self._control = control
        self._job = job
        self._child = child
        self._limits = limits
        self._output_left = limits.output_bytes
        self._result_left: int | None = None
        self._head = b""
        self._poller = select.poll()
        for descriptor in (child.result, child.output, child.pidfd, control.incoming):
            self._poller.register(descriptor, select.POLLIN)

    def until(self, deadline: int) -> Stop:
        """Forward until the frame is complete, the child is gone, a limit is passed or the judge says stop.

        ``deadline`` is on the monotonic clock, in nanoseconds. Raises :class:`sandbox.cell.control.JudgeGone`.
        """
        while True:
            left = (deadline - time.monotonic_ns()) / 1e6
            if left <= 0:
                return Stop.WALL
            stop = self._handle(dict(self._poller.poll(left)))
            if stop is not None:
                return stop

    def flush_output(self) -> bool:
        """Forward what was printed so far; False once it exceeds the limit."""
        printed = waiting(self._child.output)
        allowed = min(printed, self._output_left)
        if allowed:
            self._control.forward(Kind.OUTPUT, self._job, self._child.output, allowed)
            self._output_left -= allowed
        return printed <= allowed

    def _handle(self, ready: dict[int, int]) -> Stop | None:
        child = self._child
        if self._control.incoming in ready and self._is_told_to_stop():
            return Stop.ASKED
        # What was printed before the frame must arrive before it: the judge answers at the frame.
        if (child.output in ready or child.result in ready) and not self.flush_output():
            return Stop.OUTPUT
        if child.result in ready and (stop := self._forward_result()) is not None:
            return stop
        for descriptor in (child.output, child.result):
            if ready.get(descriptor, 0) & select.POLLHUP and not waiting(descriptor):
                # An end that has nothing more to say would be ready for ever.
                with contextlib.suppress(KeyError):
                    self._poller.unregister(descriptor)
        if child.pidfd in ready:
            self.flush_output()
            return self._forward_result() or Stop.EXITED
        return None

    def _is_told_to_stop(self) -> bool:
        header = self._control.read_header()
        if header.kind is Kind.PING:
            self._control.send(Kind.PONG, header.job)
        return header.kind is Kind.KILL and header.job == self._job

    def _forward_result(self) -> Stop | None:
        try:
            if self._result_left is None and not self._read_head():
                return None
        except FrameError:
            return Stop.BAD_RESULT
        assert self._result_left is not None
        allowed = min(waiting(self._child.result), self._result_left)
        if allowed or self._head:
            self._control.forward(Kind.RESULT, self._job, self._child.result, allowed, self._head)
            self._head = b""
            self._result_left -= allowed
        return Stop.RESULT if self._result_left == 0 else None

    def _read_head(self) -> bool:
        # Only ever these few bytes of fixed form: the rest of a result must not enter this process.
        self._head += os.read(self._child.result, min(waiting(self._child.result), RESULT_HEAD.size - len(self._head)))
        if len(self._head) < RESULT_HEAD.size:
            return False
        self._result_left = result_length(self._head, self._limits.result_bytes)
        return True
