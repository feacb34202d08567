"""What stands around a child before the first byte of source: what it inherits, then what it does to itself.

What can be inherited is: a step that a child takes costs each of them the pages that the step touches. The order
matters; see each step.
"""

from __future__ import annotations

import contextlib
import os
import platform
import resource
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sandbox.cell import memory, system

MEMORY_BUDGET = 768 * 1024 * 1024
"""Bytes of address space a submission may add to what the zygote already maps."""
CPU_SECONDS = 30  # a backstop: the leader's timer, which knows the question's own limit, comes first
PROCESSES = 24
OPEN_FILES = 64
SIGNALS = 64
"""Signals that may wait for a submission, and POSIX timers: each of those keeps one ready."""
CONFINED = b"\x01"
"""The first byte of a child's result stream: it stands parked with every defence applied."""


def user_of(uid_base: int | None, serial: int) -> int:
    """The user id of the ``serial``-th child, never used before in this cell; our own where users cannot be changed."""
    return os.getuid() if uid_base is None else uid_base + serial


@dataclass(frozen=True, slots=True)
class Confinement:
    """What every child of one zygote has applied to it.

    ``uid_base`` is the first of the block of user ids leased to this cell, or None where the zygote may not change
    users; ``load_filter`` loads the seccomp filter. ``oom_score`` is an open descriptor of the zygote's own, which
    stands at ``oom_usual``. ``counts_processes`` says that nobody else's processes count against the child's user: it
    has that user, or a user namespace, to itself.
    """

    uid_base: int | None
    load_filter: Callable[[], None]
    counts_processes: bool
    oom_score: int
    oom_usual: bytes

    @classmethod
    def prepare(cls, uid_base: int | None, program: bytes, *, counts_processes: bool) -> Confinement:
        """Give the calling process for good what its children are to inherit, and say what is left to do in each.

        Raises :class:`OSError` when a step fails.
        """
        oom_score = os.open("/proc/self/oom_score_adj", os.O_RDWR)
        if uid_base is not None:
            os.setgroups([])
        address_space = memory.own_status()["VmSize"] * 1024 + MEMORY_BUDGET
        _limit(
            (resource.RLIMIT_AS, address_space),
            (resource.RLIMIT_FSIZE, 0),
            (resource.RLIMIT_NOFILE, OPEN_FILES),
            (resource.RLIMIT_CORE, 0),
            (resource.RLIMIT_MEMLOCK, 0),
            (resource.RLIMIT_SIGPENDING, SIGNALS),
        )
        system.prctl(system.PR_SET_NO_NEW_PRIVS, 1)
        # A child under the same user could otherwise read our memory and our descriptors. It inherits this, too:
        # /proc/self belongs to root, so that its out-of-memory score stays as it is.
        system.prctl(system.PR_SET_DUMPABLE, 0)
        load_filter = system.seccomp_loader(program) if program else lambda: None
        return cls(uid_base, load_filter, counts_processes, oom_score, os.pread(oom_score, 16, 0))

    @contextlib.contextmanager
    def inherited(self) -> Iterator[None]:
        """What is forked in this block is the first to be killed where memory runs out."""
        os.pwrite(self.oom_score, b"1000", 0)
        try:
            yield
        finally:
            os.pwrite(self.oom_score, self.oom_usual, 0)

    def apply(self, serial: int) -> None:
        """Confine the calling process, a child, for good. Raises :class:`OSError` when a step fails."""
        _limit((resource.RLIMIT_CPU, CPU_SECONDS))
        if self.counts_processes:
            _limit((resource.RLIMIT_NPROC, PROCESSES))
        if self.uid_base is not None:
            uid = user_of(self.uid_base, serial)
            os.setresgid(uid, uid, uid)
            os.setresuid(uid, uid, uid)
        else:
            system.keep_capabilities(())
        # Changing users clears it, so only now.
        system.die_with_parent()
        self.load_filter()


def _limit(*limits: tuple[int, int]) -> None:
    for what, limit in limits:
        # With both the same, the kernel would not send SIGXCPU but SIGKILL, which may be anybody's.
        resource.setrlimit(what, (limit, limit + 1 if what == resource.RLIMIT_CPU else limit))


def seccomp_program() -> bytes:
    """The filter generated for this machine's architecture; empty where there is none."""
    path = Path(__file__).with_name(f"child.{platform.machine()}.bpf")
    return path.read_bytes() if path.exists() else b""
