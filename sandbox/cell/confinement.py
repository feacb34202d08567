"""What a child does to itself between fork and the first byte of source. The order matters; see each step."""

from __future__ import annotations

import os
import platform
import resource
from dataclasses import dataclass
from pathlib import Path

from sandbox.cell import system

MEMORY_BUDGET = 768 * 1024 * 1024
"""Bytes of address space a submission may add to what the zygote already maps."""
CPU_SECONDS = 30  # a backstop: the zygote's timer, which knows the question's own limit, comes first
PROCESSES = 24
OPEN_FILES = 64
SIGNALS = 64
"""Signals that may wait for a submission, and POSIX timers: each of those keeps one ready."""


@dataclass(frozen=True, slots=True)
class Confinement:
    """What every child of one zygote applies to itself.

    ``uid_base`` is the first of the block of user ids leased to this cell, or None where the zygote may not change
    users; ``program`` is the seccomp filter, ``address_space`` the zygote's own in bytes. ``counts_processes`` says
    that nobody else's processes count against the child's user: it has that user, or a user namespace, to itself.
    """

    uid_base: int | None
    program: bytes
    address_space: int
    counts_processes: bool

    def uid(self, serial: int) -> int:
        """The user id of the ``serial``-th child, never used before in this cell."""
        return os.getuid() if self.uid_base is None else self.uid_base + serial

    def apply(self, serial: int) -> None:
        """Confine the calling process for good. Raises :class:`OSError` when a step fails."""
        self._limit_resources()
        # Dumpable for this one write: otherwise /proc/self belongs to root, so that the score then stays at 1000.
        system.prctl(system.PR_SET_DUMPABLE, 1)
        Path("/proc/self/oom_score_adj").write_text("1000")
        system.prctl(system.PR_SET_DUMPABLE, 0)
        if self.uid_base is not None:
            uid = self.uid(serial)
            os.setgroups([])
            os.setresgid(uid, uid, uid)
            os.setresuid(uid, uid, uid)
        else:
            system.keep_capabilities(())
        # Changing users clears it, so only now.
        system.prctl(system.PR_SET_PDEATHSIG, 9)
        system.prctl(system.PR_SET_NO_NEW_PRIVS, 1)
        if self.program:
            system.load_seccomp(self.program)

    def _limit_resources(self) -> None:
        for what, limit in (
            (resource.RLIMIT_CPU, CPU_SECONDS),
            (resource.RLIMIT_AS, self.address_space + MEMORY_BUDGET),
            (resource.RLIMIT_FSIZE, 0),
            (resource.RLIMIT_NOFILE, OPEN_FILES),
            (resource.RLIMIT_CORE, 0),
            (resource.RLIMIT_MEMLOCK, 0),
            (resource.RLIMIT_SIGPENDING, SIGNALS),
        ):
            # With both the same, the kernel would not send SIGXCPU but SIGKILL, which may be anybody's.
            resource.setrlimit(what, (limit, limit + 1 if what == resource.RLIMIT_CPU else limit))
        if self.counts_processes:
            resource.setrlimit(resource.RLIMIT_NPROC, (PROCESSES, PROCESSES))


def seccomp_program() -> bytes:
    """The filter generated for this machine's architecture; empty where there is none."""
    path = Path(__file__).with_name(f"child.{platform.machine()}.bpf")
    return path.read_bytes() if path.exists() else b""
