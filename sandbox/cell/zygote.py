"""The process that imported torch and forks one child per submission.

It reads fixed headers only. Bodies are spliced between the judge's stream and the child's pipes, so that no byte of
one learner's source or result is ever in memory a later child could inherit.
"""

from __future__ import annotations

import array
import contextlib
import fcntl
import os
import select
import signal
import sys
import termios
import time
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from sandbox.cell import child as child_process
from sandbox.cell import memory
from sandbox.cell.confinement import Confinement
from sandbox.cell.reaper import Reaper
from sandbox.protocol import (
    CONTROL,
    END_BODY,
    JOB_LIMITS,
    READY_BODY,
    RESULT_HEAD,
    Header,
    Kind,
    Stop,
    Unconfined,
    pack_header,
    result_length,
    unpack_header,
)
from sandbox.values import FrameError

EXIT_GRACE_MS = 100
"""How long a child may take to go once its frame is complete; an honest one is already in ``_exit``."""
_OOM_FILES = ("/sys/fs/cgroup/memory/memory.oom_control", "/sys/fs/cgroup/memory.events")


@dataclass(slots=True)
class Parked:
    """A confined child waiting for source, with our ends of its pipes."""

    pid: int
    uid: int
    pidfd: int
    job: int
    result: int
    output: int

    def close(self) -> None:
        """Close our ends."""
        for descriptor in (self.pidfd, self.job, self.result, self.output):
            if descriptor >= 0:
                os.close(descriptor)


class Zygote:
    """One submission at a time, from the control stream to a child and back."""

    def __init__(self, control_in: int, control_out: int, confinement: Confinement, reaper: Reaper | None) -> None:
        self._in = control_in
        self._out = control_out
        self._confinement = confinement
        self._reaper = reaper
        self._serial = 0
        self._null = os.open(os.devnull, os.O_WRONLY)
        self._oom = next((os.open(path, os.O_RDONLY) for path in _OOM_FILES if os.path.exists(path)), -1)
        self._parked = self._park()
        self._oom_before = self._oom_kills()

    # --- the conversation with the judge

    def serve(self, unconfined: Unconfined) -> None:
        """Announce readiness, then answer until the control stream ends."""
        status = memory.own_status()
        body = READY_BODY.pack(status["VmSize"], memory.own_pss_kb(), status["Threads"], unconfined)
        self._send(Kind.READY, 0, body)
        while header := self._wait_for_order():
            if header.kind is Kind.PING:
                self._send(Kind.PONG, header.job, b"")
            elif header.kind is Kind.JOB:
                self._run(header)
                self._parked = self._park()
                self._oom_before = self._oom_kills()

    def _wait_for_order(self) -> Header | None:
        poller = select.poll()
        poller.register(self._in, select.POLLIN)
        poller.register(self._parked.pidfd, select.POLLIN)
        while True:
            ready = dict(poller.poll())
            if self._in in ready:
                return self._read_header()
            # It died before it got any source, so nobody is to blame: park another.
            poller.unregister(self._parked.pidfd)
            self._bury()
            self._parked = self._park()
            poller.register(self._parked.pidfd, select.POLLIN)

    def _read_header(self) -> Header | None:
        raw = _read_exactly(self._in, CONTROL.size)
        return unpack_header(raw) if raw else None

    def _send(self, kind: Kind, job: int, body: bytes) -> None:
        data = memoryview(pack_header(kind, job, len(body)) + body)
        while data:
            data = data[os.write(self._out, data) :]

    # --- children

    def _park(self) -> Parked:
        self._serial += 1
        job_read, job = os.pipe()
        result, result_write = os.pipe()
        output, output_write = os.pipe()
        pid = os.fork()
        if pid == 0:
            ends = child_process.Ends(job_read, result_write, output_write)
            child_process.live(self._confinement, self._serial, ends)
        for descriptor in (job_read, result_write, output_write):
            os.close(descriptor)
        uid = self._confinement.uid(self._serial)
        parked = Parked(pid, uid, os.pidfd_open(pid), job, result, output)
        if os.read(result, 1) != child_process.CONFINED:
            # No source has been near it: what it printed is our own error, and the judge must see it.
            reason = os.read(output, 2000).decode("utf-8", "replace")
            raise SystemExit(f"a child could not be confined: {reason}")
        return parked

    def _bury(self) -> tuple[int, int, int, int]:
        """Reap the parked child: raw status, CPU microseconds, maximum resident kB, page faults."""
        _, status, usage = os.wait4(self._parked.pid, 0)
        self._parked.close()
        cpu = round((usage.ru_utime + usage.ru_stime) * 1e6)
        return status, cpu, usage.ru_maxrss, usage.ru_minflt + usage.ru_majflt

    def _run(self, header: Header) -> None:
        raw = _read_exactly(self._in, JOB_LIMITS.size)
        if not raw:
            self._leave()
        wall_ms, output_bytes, result_bytes = JOB_LIMITS.unpack(raw)
        self._hand_over(header.length)
        started = time.monotonic_ns()
        watch = _Watch(self, header.job, output_bytes, result_bytes)
        stop = watch.until(started + wall_ms * 1_000_000)
        wall_us = (time.monotonic_ns() - started) // 1000
        delay = _run_delay_us(self._parked.pid)
        self._end_child(stop)
        watch.flush_output()
        status, cpu_us, rss, faults = self._bury()
        leftovers = self._clear_leftovers()
        kills = max(0, self._oom_kills() - self._oom_before)
        body = END_BODY.pack(stop, status, wall_us, cpu_us, delay, rss, faults, kills, leftovers)
        self._send(Kind.END, header.job, body)

    def _hand_over(self, length: int) -> None:
        target = self._parked.job
        while length:
            try:
                moved = os.splice(self._in, target, min(length, 1 << 20))
            except BrokenPipeError:
                # The child is gone; what is left still has to leave the stream.
                target = self._null
                continue
            if moved == 0:
                self._leave()
            length -= moved
        os.close(self._parked.job)
        self._parked.job = -1

    def _end_child(self, stop: Stop) -> None:
        poller = select.poll()
        poller.register(self._parked.pidfd, select.POLLIN)
        if poller.poll(EXIT_GRACE_MS if stop in {Stop.RESULT, Stop.EXITED} else 0):
            return
        self._kill(self._parked.uid, self._parked.pid)

    def _kill(self, uid: int, pid: int) -> None:
        if self._reaper:
            self._reaper.kill_all_of(uid)
            return
        try:
            if os.getpid() == 1:
                # First process of our own PID namespace: everyone here but us is a learner's.
                os.kill(-1, signal.SIGKILL)
            else:
                # Without a user or a namespace of its own, only its own session can be told apart.
                os.killpg(pid, signal.SIGKILL)
        except ProcessLookupError:
            return

    def _clear_leftovers(self) -> bool:
        """Kill and reap whatever the child left behind; whether anything was."""
        found = False
        for attempt in range(200):
            try:
                if os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG) is None:
                    if attempt % 20 == 0:
                        self._kill(self._parked.uid, self._parked.pid)
                    time.sleep(0.002)
            except ChildProcessError:
                return found
            found = True
        raise SystemExit("processes of a submission could not be ended")

    def _oom_kills(self) -> int:
        if self._oom < 0:
            return 0
        fields = os.pread(self._oom, 4096, 0).split()
        return int(fields[fields.index(b"oom_kill") + 1]) if b"oom_kill" in fields else 0

    def _leave(self) -> NoReturn:
        """The judge is gone: take the child along."""
        self._kill(self._parked.uid, self._parked.pid)
        raise SystemExit(0)


class _Watch:
    """Forwards one child's output and result until a reason to stop."""

    def __init__(self, zygote: Zygote, job: int, output_bytes: int, result_bytes: int) -> None:
        self.zygote = zygote
        self.job = job
        self.parked = zygote._parked
        self.output_left = output_bytes
        self.result_bytes = result_bytes
        self.result_left: int | None = None
        self.head = b""
        self.poller = select.poll()
        for descriptor in (self.parked.result, self.parked.output, self.parked.pidfd, zygote._in):
            self.poller.register(descriptor, select.POLLIN)

    def until(self, deadline: int) -> Stop:
        """Forward until the frame is complete, the child is gone, a limit is passed or the judge says stop.

        ``deadline`` is on the monotonic clock, in nanoseconds.
        """
        while True:
            left = (deadline - time.monotonic_ns()) / 1e6
            ready = dict(self.poller.poll(max(0, left)))
            if left <= 0:
                return Stop.WALL
            stop = self._handle(ready)
            if stop is not None:
                return stop

    def _handle(self, ready: dict[int, int]) -> Stop | None:
        if self.zygote._in in ready and (stop := self._order()) is not None:
            return stop
        # What was printed before the frame must arrive before it: the judge answers at the frame.
        if (self.parked.output in ready or self.parked.result in ready) and not self.flush_output():
            return Stop.OUTPUT
        if self.parked.result in ready and (stop := self._forward_result()) is not None:
            return stop
        for descriptor in (self.parked.output, self.parked.result):
            if ready.get(descriptor, 0) & select.POLLHUP and not _waiting(descriptor):
                self._forget(descriptor)
        if self.parked.pidfd in ready:
            self.flush_output()
            return self._forward_result() or Stop.EXITED
        return None

    def _forget(self, descriptor: int) -> None:
        """Stop polling an end that has nothing more to say: it would be ready for ever."""
        with contextlib.suppress(KeyError):
            self.poller.unregister(descriptor)

    def _order(self) -> Stop | None:
        header = self.zygote._read_header()
        if header is None:
            self.zygote._leave()
        if header.kind is Kind.PING:
            self.zygote._send(Kind.PONG, header.job, b"")
            return None
        return Stop.ASKED if header.kind is Kind.KILL and header.job == self.job else None

    def flush_output(self) -> bool:
        """Forward what was printed so far; False once it exceeds the limit."""
        waiting = _waiting(self.parked.output)
        allowed = min(waiting, self.output_left)
        if allowed:
            self._splice(Kind.OUTPUT, self.parked.output, allowed)
            self.output_left -= allowed
        return waiting <= allowed

    def _forward_result(self) -> Stop | None:
        try:
            if self.result_left is None and not self._read_head():
                return None
        except FrameError:
            return Stop.BAD_RESULT
        assert self.result_left is not None
        allowed = min(_waiting(self.parked.result), self.result_left)
        if allowed or self.head:
            self._splice(Kind.RESULT, self.parked.result, allowed, self.head)
            self.head = b""
            self.result_left -= allowed
        return Stop.RESULT if self.result_left == 0 else None

    def _read_head(self) -> bool:
        waiting = min(_waiting(self.parked.result), RESULT_HEAD.size - len(self.head))
        if waiting == 0:
            return False
        self.head += os.read(self.parked.result, waiting)
        if len(self.head) < RESULT_HEAD.size:
            return False
        self.result_left = result_length(self.head, self.result_bytes)
        return True

    def _splice(self, kind: Kind, source: int, length: int, prefix: bytes = b"") -> None:
        os.write(self.zygote._out, pack_header(kind, self.job, len(prefix) + length) + prefix)
        while length:
            length -= os.splice(source, self.zygote._out, length)


def _waiting(descriptor: int) -> int:
    count = array.array("i", [0])
    fcntl.ioctl(descriptor, termios.FIONREAD, count)
    return count[0]


def _read_exactly(descriptor: int, count: int) -> bytes:
    """``count`` bytes, or none at the end of the stream."""
    raw = b""
    while len(raw) < count:
        part = os.read(descriptor, count - len(raw))
        if not part:
            return b""
        raw += part
    return raw


def _run_delay_us(pid: int) -> int:
    """Microseconds the main thread was runnable but waited for a CPU; 0 where the kernel does not say."""
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[1]) // 1000
    except (OSError, IndexError):
        return 0


def streams() -> tuple[int, int]:
    """Our control descriptors, moved away from 0 and 1 so that nothing else reads or writes them by accident."""
    control_in, control_out = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(2, 1)
    os.close(null)
    sys.stdout.flush()
    return control_in, control_out
