"""Kills everything a learner's user runs, without the power to kill anything else.

The leader holds no capability. The reaper is forked before torch is imported, so its own forks are cheap and succeed
even when memory is short. Its child takes the learner's user id as *effective* id only, and a spare one as real and
saved id: it may signal every process of that user, none of them may signal it, and ``kill(-1)`` reaches no one else.
"""

from __future__ import annotations

import fcntl
import os
import signal
import struct

from sandbox.cell import system

_ORDER = struct.Struct("<II")
_ORDERS, _DONE = 3, 4


class Reaper:
    """The leader's end of the reaper. ``spare_uid`` is an id of the leased block that no learner ever gets."""

    def __init__(self, spare_uid: int) -> None:
        self._spare_uid = spare_uid
        order_read, self._orders = os.pipe()
        self._done, done_write = os.pipe()
        # Without an exit signal, so that "no child left" means no child of a learner's left.
        if system.fork_unseen() == 0:
            try:
                _shed(order_read, done_write)
                _serve(_ORDERS, _DONE)
            finally:
                os._exit(0)
        os.close(order_read)
        os.close(done_write)

    def kill_all_of(self, uid: int) -> None:
        """SIGKILL every process whose user is ``uid``; returns when the signals are sent."""
        os.write(self._orders, _ORDER.pack(uid, self._spare_uid))
        if os.read(self._done, 1) != b"k":
            raise OSError("the reaper is gone")


def _shed(orders: int, done: int) -> None:
    """Keep nothing of the cell's but what reaping takes: while it kills, it looks like the learner it kills."""
    null = os.open(os.devnull, os.O_RDWR)
    for source, target in ((null, 0), (null, 1), (orders, _ORDERS), (done, _DONE)):
        os.dup2(fcntl.fcntl(source, fcntl.F_DUPFD, _DONE + 1), target)
    system.close_from(_DONE + 1)
    system.keep_capabilities((system.CAP_SETUID, system.CAP_SETGID))
    system.prctl(system.PR_SET_DUMPABLE, 0)
    system.die_with_parent()


def _serve(orders: int, done: int) -> None:
    while order := os.read(orders, _ORDER.size):
        uid, spare = _ORDER.unpack(order)
        pid = os.fork()
        if pid == 0:
            try:
                _kill_as(uid, spare)
            finally:
                os._exit(0)
        os.waitpid(pid, 0)
        os.write(done, b"k")


def _kill_as(uid: int, spare: int) -> None:
    if uid == 0 or spare == 0 or uid == spare:
        return  # never aim kill(-1) at a real account, whatever was asked
    os.setresuid(spare, uid, spare)
    if os.getresuid() != (spare, uid, spare):
        return  # whoever this still is, their processes are not a learner's
    try:
        os.kill(-1, signal.SIGKILL)
    except ProcessLookupError:
        return
