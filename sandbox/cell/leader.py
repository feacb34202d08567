"""Leads the conversation with the judge: one submission at a time, each in a child of its own.

It reads fixed headers only. Bodies are spliced between the judge's stream and the child's pipes, so that no byte of
one learner's source or result is ever in memory a later child could inherit. Those are forked by
:mod:`sandbox.cell.zygote`.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import time
from collections import deque
from pathlib import Path

from sandbox.cell import system
from sandbox.cell.confinement import CONFINED, user_of
from sandbox.cell.control import Control, JudgeGone, waiting
from sandbox.cell.reaper import Reaper
from sandbox.cell.watching import Parked, Watch
from sandbox.cell.zygote import Forker
from sandbox.frames import END_BODY, READY_BODY, SENT, UIDS_PER_CELL, Header, Kind, Stop, Unconfined

SPARES = 2
"""Children kept parked: the next submission needs not wait until the last one's child is gone and another is ready."""
LULL_MS = 10
"""Another child is forked when nobody comes for so long: whoever comes close behind needs the processor more."""
MAX_UNCONFINED_DEATHS = 5
"""So many children in a row that are killed before they are confined are no accident."""
EXIT_GRACE_MS = 100
"""How long a child may take to go once its frame is complete; an honest one is already in ``_exit``."""
_CLEARING_TRIES, _CLEARING_PAUSE_S = 100, 0.01
_OOM_FILES = (Path("/sys/fs/cgroup/memory/memory.oom_control"), Path("/sys/fs/cgroup/memory.events"))


class Leader:
    """One submission at a time, from the control stream to a child and back."""

    def __init__(self, control: Control, forker: Forker, uid_base: int | None, reaper: Reaper | None) -> None:
        self._control = control
        self._forker = forker
        self._uid_base = uid_base
        self._reaper = reaper
        self._serial = 0
        self._oom = next((os.open(path, os.O_RDONLY) for path in _OOM_FILES if path.exists()), -1)
        self._unconfined_deaths = 0
        # Without users of their own, ending one child's processes ends every child's.
        self._depth = SPARES if reaper else 1
        self._parked: deque[Parked] = deque()
        self._running: Parked | None = None
        self._is_unfiltered = False

    def serve(self, unconfined: Unconfined) -> None:
        """Announce readiness, then answer until the control stream ends; takes all children along."""
        self._is_unfiltered = bool(unconfined & Unconfined.SYSCALLS)
        self._make_ready(1)
        forker = self._forker
        body = READY_BODY.pack(forker.vm_size_kb, forker.pss_kb, forker.threads, unconfined)
        self._control.send(Kind.READY, 0, body)
        try:
            while True:
                self._obey(self._next_order())
        except JudgeGone:
            return
        finally:
            for child in (self._running, *self._parked):
                if child is not None:
                    with contextlib.suppress(OSError):
                        self._kill(child)

    def _obey(self, order: Header) -> None:
        if order.kind is Kind.PING:
            self._make_ready(self._depth)  # whoever asks hears that all is as it should be
            self._control.send(Kind.PONG, order.job)
        elif order.kind is Kind.JOB:
            self._make_ready(1)
            self._running = self._parked.popleft()
            self._run(order, self._running)
            self._running = None
        # A KILL that arrives now means a job that has already ended.

    def _next_order(self) -> Header:
        while True:
            poller = select.poll()
            for descriptor in (self._control.incoming, self._forker.pidfd, *(child.pidfd for child in self._parked)):
                if descriptor >= 0:
                    poller.register(descriptor, select.POLLIN)
            is_short = len(self._parked) < self._depth
            ready = dict(poller.poll((LULL_MS if self._parked else 0) if is_short else None))
            # Whoever died before getting any source is nobody's fault; another is parked, even if a job waits.
            dead = [child for child in self._parked if child.pidfd in ready]
            for child in dead:
                self._forget(child)
            if dead:
                continue
            if self._forker.pidfd in ready:
                raise SystemExit("the process that forks is gone")
            if self._control.incoming in ready:
                return self._control.read_header()
            self._parked.append(self._park())

    def _make_ready(self, count: int) -> None:
        """Park children until there are ``count``, and wait until as many are confined."""
        confined = 0
        while confined < count:
            if len(self._parked) == confined:
                self._parked.append(self._park())
            child = self._parked[confined]
            if child.is_confined or os.read(child.result, 1) == CONFINED:
                child.is_confined = True
                self._unconfined_deaths = 0
                confined += 1
            else:
                self._forget(child)

    def _forget(self, child: Parked) -> None:
        """Bury a parked child that died. Raises SystemExit where it could not be confined."""
        self._parked.remove(child)
        is_confined = child.is_confined or waiting(child.result) > 0
        # No source has been near it: what it printed is our own error, and the judge must see it.
        reason = os.read(child.output, min(2000, waiting(child.output))).decode("utf-8", "replace")
        status, *_ = self._bury(child)
        if is_confined:
            return
        self._unconfined_deaths += 1
        if not os.WIFSIGNALED(status) or self._unconfined_deaths >= MAX_UNCONFINED_DEATHS:
            raise SystemExit(f"a child could not be confined: {reason or os.waitstatus_to_exitcode(status)}")

    def _park(self) -> Parked:
        self._serial += 1
        if self._serial >= UIDS_PER_CELL - 1:
            raise SystemExit("no user id is left")  # the next one belongs to the reaper, and then to another cell
        job_read, job = os.pipe()
        result, result_write = os.pipe()
        output, output_write = os.pipe()
        # Unseen by plain waits, so that "no child left" means none of a learner's left.
        pid = self._forker.fork(self._serial, job_read, result_write, output_write)
        for descriptor in (job_read, result_write, output_write):
            os.close(descriptor)
        return Parked(pid, user_of(self._uid_base, self._serial), os.pidfd_open(pid), job, result, output)

    def _run(self, order: Header, child: Parked) -> None:
        limits = self._control.read_limits()
        child.announce(order.length)
        self._control.hand_over(child.job, order.length)
        child.close_job()
        started = time.monotonic_ns()
        # What befell it while it was parked is not held against whoever's source this is.
        delay_before, oom_before = _run_delay_us(child.pid), self._oom_kills()
        watch = Watch(self._control, order.job, child, limits)
        stop = watch.until(started + limits.wall_ms * 1_000_000)
        wall_us = (time.monotonic_ns() - started) // 1000
        delay_us = max(0, _run_delay_us(child.pid) - delay_before)
        self._end_child(child, stop)
        watch.flush_output()
        status, cpu_us, rss_kb, faults = self._bury(child)
        leftovers = self._clear_leftovers(child)
        kills = max(0, self._oom_kills() - oom_before)
        if stop is Stop.EXITED and os.WIFSIGNALED(status) and os.WTERMSIG(status) in SENT and not kills:
            self._park_anew()
        figures = (wall_us, cpu_us, delay_us, rss_kb, faults, kills)
        end = END_BODY.pack(stop, status, *figures, self._serial, leftovers)
        self._control.send(Kind.END, order.job, end)

    def _park_anew(self) -> None:
        """Replace the children that stand parked: what killed a run may be on its way to them, too.

        The judge runs such a submission once more, and a child that is forked from now on is none that was aimed at.
        """
        self._make_ready(len(self._parked))  # one that has no user yet cannot be told apart by it
        while self._parked:
            child = self._parked.popleft()
            self._kill(child)
            self._bury(child)

    def _bury(self, child: Parked) -> tuple[int, int, int, int]:
        """Reap a child: raw status, CPU microseconds, maximum resident kB, page faults."""
        _, status, usage = os.wait4(child.pid, system.WAIT_UNSEEN)
        child.close()
        cpu_us = round((usage.ru_utime + usage.ru_stime) * 1e6)
        return status, cpu_us, usage.ru_maxrss, usage.ru_minflt + usage.ru_majflt

    def _end_child(self, child: Parked, stop: Stop) -> None:
        poller = select.poll()
        poller.register(child.pidfd, select.POLLIN)
        if not poller.poll(EXIT_GRACE_MS if stop in {Stop.RESULT, Stop.EXITED} else 0):
            self._kill(child)

    def _kill(self, child: Parked) -> None:
        """SIGKILL a child and all that is its own."""
        if self._reaper:
            self._reaper.kill_all_of(child.uid)
            return
        try:
            if os.getpid() == 1:
                # First process of our own PID namespace: everyone here but us is the child's.
                os.kill(-1, signal.SIGKILL)
            else:
                # Without a user or a namespace of its own, only its own session can be told apart.
                os.killpg(child.pid, signal.SIGKILL)
        except ProcessLookupError:
            return

    def _clear_leftovers(self, child: Parked) -> bool:
        """Kill and reap whatever the child left behind; whether anything was.

        No child left proves that there is none: only a sibling would stay unseen, which the filter refuses.
        """
        found = False
        if self._is_unfiltered:
            self._kill(child)
        for _ in range(_CLEARING_TRIES):
            try:
                while os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG):
                    found = True
            except ChildProcessError:
                return found
            found = True
            self._kill(child)
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
