"""The process that imported torch and forks one child per submission.

It reads fixed headers only. Bodies are spliced between the judge's stream and the child's pipes, so that no byte of
one learner's source or result is ever in memory a later child could inherit.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import time
from pathlib import Path

from sandbox.cell import child as child_process
from sandbox.cell import memory
from sandbox.cell.confinement import Confinement
from sandbox.cell.control import Control, JudgeGone
from sandbox.cell.reaper import Reaper
from sandbox.cell.watching import Parked, Watch
from sandbox.frames import END_BODY, READY_BODY, Header, Kind, Stop, Unconfined

EXIT_GRACE_MS = 100
"""How long a child may take to go once its frame is complete; an honest one is already in ``_exit``."""
_CLEARING_TRIES, _CLEARING_PAUSE_S = 100, 0.01
_OOM_FILES = (Path("/sys/fs/cgroup/memory/memory.oom_control"), Path("/sys/fs/cgroup/memory.events"))


class Zygote:
    """One submission at a time, from the control stream to a child and back."""

    def __init__(self, control: Control, confinement: Confinement, reaper: Reaper | None) -> None:
        self._control = control
        self._confinement = confinement
        self._reaper = reaper
        self._serial = 0
        self._oom = next((os.open(path, os.O_RDONLY) for path in _OOM_FILES if path.exists()), -1)
        self._oom_before = 0
        self._parked = self._park()

    def serve(self, unconfined: Unconfined) -> None:
        """Announce readiness, then answer until the control stream ends; takes the last child along."""
        status = memory.own_status()
        body = READY_BODY.pack(status["VmSize"], memory.own_pss_kb(), status["Threads"], unconfined)
        self._control.send(Kind.READY, 0, body)
        try:
            while True:
                self._obey(self._next_order())
        except JudgeGone:
            self._kill()

    def _obey(self, order: Header) -> None:
        if order.kind is Kind.PING:
            self._control.send(Kind.PONG, order.job)
        elif order.kind is Kind.JOB:
            self._run(order)
            self._parked = self._park()
        # A KILL that arrives now means a job that has already ended.

    def _next_order(self) -> Header:
        while True:
            poller = select.poll()
            poller.register(self._control.incoming, select.POLLIN)
            poller.register(self._parked.pidfd, select.POLLIN)
            if self._parked.pidfd not in dict(poller.poll()):
                return self._control.read_header()
            # The parked child died before it got any source, so nobody is to blame: park another, even if a job waits.
            self._bury()
            self._parked = self._park()

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
        if os.read(result, 1) != child_process.CONFINED:
            # No source has been near it: what it printed is our own error, and the judge must see it.
            reason = os.read(output, 2000).decode("utf-8", "replace")
            raise SystemExit(f"a child could not be confined: {reason}")
        # From here on both count against whoever's source comes next.
        self._oom_before = self._oom_kills()
        return Parked(pid, uid, os.pidfd_open(pid), job, result, output, _run_delay_us(pid))

    def _run(self, order: Header) -> None:
        limits = self._control.read_limits()
        self._control.hand_over(self._parked.job, order.length)
        self._parked.close_job()
        started = time.monotonic_ns()
        watch = Watch(self._control, order.job, self._parked, limits)
        stop = watch.until(started + limits.wall_ms * 1_000_000)
        wall_us = (time.monotonic_ns() - started) // 1000
        delay_us = max(0, _run_delay_us(self._parked.pid) - self._parked.run_delay_us)
        self._end_child(stop)
        watch.flush_output()
        status, cpu_us, rss_kb, faults = self._bury()
        leftovers = self._clear_leftovers()
        kills = max(0, self._oom_kills() - self._oom_before)
        end = END_BODY.pack(stop, status, wall_us, cpu_us, delay_us, rss_kb, faults, kills, leftovers)
        self._control.send(Kind.END, order.job, end)

    def _bury(self) -> tuple[int, int, int, int]:
        """Reap the child: raw status, CPU microseconds, maximum resident kB, page faults."""
        _, status, usage = os.wait4(self._parked.pid, 0)
        self._parked.close()
        cpu_us = round((usage.ru_utime + usage.ru_stime) * 1e6)
        return status, cpu_us, usage.ru_maxrss, usage.ru_minflt + usage.ru_majflt

    def _end_child(self, stop: Stop) -> None:
        poller = select.poll()
        poller.register(self._parked.pidfd, select.POLLIN)
        if not poller.poll(EXIT_GRACE_MS if stop in {Stop.RESULT, Stop.EXITED} else 0):
            self._kill()

    def _kill(self) -> None:
        """SIGKILL the child and all that is its own."""
        if self._reaper:
            self._reaper.kill_all_of(self._parked.uid)
            return
        try:
            if os.getpid() == 1:
                # First process of our own PID namespace: everyone here but us is the child's.
                os.kill(-1, signal.SIGKILL)
            else:
                # Without a user or a namespace of its own, only its own session can be told apart.
                os.killpg(self._parked.pid, signal.SIGKILL)
        except ProcessLookupError:
            return

    def _clear_leftovers(self) -> bool:
        """Kill and reap whatever the child left behind; whether anything was. No child left proves there is none."""
        found = False
        for _ in range(_CLEARING_TRIES):
            try:
                while os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG):
                    found = True
            except ChildProcessError:
                return found
            found = True
            self._kill()
            time.sleep(_CLEARING_PAUSE_S)
        raise SystemExit("processes of a submission could not be ended")

    def _oom_kills(self) -> int:
        if self._oom < 0:
            return 0
        fields = os.pread(self._oom, 4096, 0).split()
        return int(fields[fields.index(b"oom_kill") + 1]) if b"oom_kill" in fields else 0


def _run_delay_us(pid: int) -> int:
    """Microseconds the main thread was runnable but waited for a CPU; 0 where the kernel does not say."""
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[1]) // 1000
    except (OSError, IndexError):
        return 0


def control_stream() -> Control:
    """Our control stream, moved away from 0 and 1 so that nothing else reads or writes it by accident."""
    incoming, outgoing = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(2, 1)
    os.close(null)
    sys.stdout.flush()
    return Control(incoming, outgoing)
