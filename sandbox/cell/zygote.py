"""The process that imported torch: it forks one child per submission, and does as little else as can be.

Whatever a process writes while its children live is copied first, and breaks the huge pages that make its forks cheap.
So where children have users of their own, another, small process leads the conversation with the judge (see
:mod:`sandbox.cell.leader`) and this one only forks when told. The two share their descriptors, so that pipes need no
handing over, and a child is made the leader's own, which waits for it.
"""

from __future__ import annotations

import os
import select
import struct
import traceback
from collections.abc import Callable, Sequence
from typing import Protocol

from sandbox.cell import memory, system
from sandbox.cell.confinement import Confinement

_ORDER = struct.Struct("<IIII")  # serial number, the child's ends of its pipes
_PID = struct.Struct("<I")
_BORN = struct.Struct("<III")


class Forker(Protocol):
    """Whatever forks children; ``vm_size_kb``, ``pss_kb`` and ``threads`` are those of the process that does."""

    vm_size_kb: int
    pss_kb: int
    threads: int
    pidfd: int
    """Readable once it is gone; -1 where it is this very process."""

    def fork(self, serial: int, job: int, result: int, output: int) -> int:
        """The process id of a new child with these ends, which are still open here. Raises SystemExit."""


class InProcess:
    """Children are forked by this process. ``prepare`` imports what they need."""

    pidfd = -1

    def __init__(self, prepare: Callable[[], Confinement]) -> None:
        self._confinement = prepare()
        self.vm_size_kb, self.pss_kb, self.threads = _own_size()

    def fork(self, serial: int, job: int, result: int, output: int) -> int:
        """See :class:`Forker`."""
        return _fork(self._confinement, serial, (job, result, output), system.fork_unseen)


class Zygote:
    """Children are forked by a process of its own, started here, as siblings of it. ``prepare`` runs there."""

    def __init__(self, prepare: Callable[[], Confinement]) -> None:
        orders, self._orders = os.pipe()
        self._done, done = os.pipe()
        leader = os.getpid()
        pid = system.fork_sharing_files()
        if pid == 0:
            try:
                system.die_with_parent()
                if os.getppid() == leader:  # it may have ended before
                    _serve(orders, done, prepare)
            except BaseException as error:
                # In one piece: the judge takes whatever comes first for all there is to say.
                os.write(2, f"{type(error).__name__}: {error}\n{traceback.format_exc()}".encode()[:4000])
            finally:
                os._exit(1)
        self.pidfd = os.pidfd_open(pid)
        self.vm_size_kb, self.pss_kb, self.threads = _BORN.unpack(self._told(_BORN.size))

    def fork(self, serial: int, job: int, result: int, output: int) -> int:
        """See :class:`Forker`."""
        os.write(self._orders, _ORDER.pack(serial, job, result, output))
        (pid,) = _PID.unpack(self._told(_PID.size))
        return int(pid)

    def _told(self, size: int) -> bytes:
        poller = select.poll()
        for descriptor in (self._done, self.pidfd):
            poller.register(descriptor, select.POLLIN)
        # We hold the other end of its pipe as well: its death is to be seen by its pidfd alone.
        if self._done not in dict(poller.poll()):
            raise SystemExit("the process that forks is gone")
        return os.read(self._done, size)


def _serve(orders: int, done: int, prepare: Callable[[], Confinement]) -> None:
    confinement = prepare()
    os.write(done, _BORN.pack(*_own_size()))
    while order := os.read(orders, _ORDER.size):
        serial, *ends = _ORDER.unpack(order)
        os.write(done, _PID.pack(_fork(confinement, serial, ends, system.fork_sibling)))


def _fork(confinement: Confinement, serial: int, ends: Sequence[int], fork: Callable[[], int]) -> int:
    from sandbox.cell import child  # with torch, which the leader never imports

    # By the one that forks: it has these pages to itself already, while each child would have to copy them.
    child.reseed()
    with confinement.inherited():
        pid = fork()
        if pid == 0:
            child.live(confinement, serial, child.Ends(*ends))  # never leaves this block, whose end is the zygote's own
    return pid


def _own_size() -> tuple[int, int, int]:
    status = memory.own_status()
    return status["VmSize"], memory.own_pss_kb(), status["Threads"]
