"""A forked child's whole life: confine, warm up, wait, run one job, write one frame, go."""

from __future__ import annotations

import contextlib
import fcntl
import os
import random
import select
import sys
from typing import NamedTuple, NoReturn

import numpy
import torch

from sandbox.cell import harness, system, warming
from sandbox.cell.confinement import CONFINED, Confinement
from sandbox.frames import JOB_LENGTH, pack_result
from sandbox.protocol import Job
from sandbox.values import FrameError

_JOB, _RESULT = 3, 4
AWAITED_MS = 25
"""Where submissions follow each other closely, the next one reaches a child within this time; nobody waits for it."""


# Made once, before any child: to make them costs as much as a short job.
_STDOUT = os.fdopen(1, "w", buffering=8192, encoding="utf-8", errors="backslashreplace", closefd=False)
_STDERR = os.fdopen(2, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False)
_STDIN = os.fdopen(0, "r", closefd=False)


class Ends(NamedTuple):
    """A child's own ends of the pipes to the leader."""

    job: int
    result: int
    output: int


def live(confinement: Confinement, serial: int, ends: Ends) -> NoReturn:
    """Run as the ``serial``-th child; never returns. A step of confinement that fails ends it before any source."""
    try:
        os.setsid()
        _place(ends)
        confinement.apply(serial)
        os.write(_RESULT, CONFINED)
        if not _is_awaited():
            with contextlib.suppress(RuntimeError):  # it only saves time, and must not count against the learner
                warming.brief()
        source = _read_job()
        if source:
            _finish(_answer(source))
    except BaseException as error:
        try:
            sys.stderr.write(f"{type(error).__name__}: {error}\n")
            sys.stderr.flush()
        finally:
            os._exit(3)  # a learner may have closed even that: nothing of theirs may climb into the code that forked it
    os._exit(0)


def _place(ends: Ends) -> None:
    # High first, so that no dup2 below overwrites an end that is still to be moved.
    job, result, output = (fcntl.fcntl(end, fcntl.F_DUPFD, _RESULT + 1) for end in ends)
    null = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((null, 0), (output, 1), (output, 2), (job, _JOB), (result, _RESULT)):
        os.dup2(source, target)
    system.close_from(_RESULT + 1)
    sys.stdout, sys.stderr, sys.stdin = _STDOUT, _STDERR, _STDIN


def _is_awaited() -> bool:
    """Whether a submission is here already: its learner should not wait for a warm-up that would run as long."""
    poller = select.poll()
    poller.register(_JOB, select.POLLIN)
    return bool(poller.poll(AWAITED_MS))


def reseed() -> None:
    """Give the next child random numbers of its own."""
    seed = os.urandom(8)
    # torch.manual_seed also visits every accelerator's module; this generator is all there is.
    torch.default_generator.manual_seed(int.from_bytes(seed[:4], "little"))
    random.seed(seed)
    numpy.random.seed(int.from_bytes(seed[4:], "little"))


def _read_job() -> bytes:
    """The whole job; empty where none came. Its end is not waited for: a sibling may hold the pipe open for a while."""
    (left,) = JOB_LENGTH.unpack(os.read(_JOB, JOB_LENGTH.size) or bytes(JOB_LENGTH.size))
    parts = []
    while left and (part := os.read(_JOB, left)):
        parts.append(part)
        left -= len(part)
    return b"" if left else b"".join(parts)


def _answer(body: bytes) -> bytes:
    payload = harness.run(Job.decode(body))
    try:
        return pack_result(payload)
    except FrameError as error:
        failure = {"stage": "observe", "type": "FrameError", "message": f"it cannot be sent: {error}"}
        return pack_result({"trials": [], "failure": failure})


def _finish(frame: bytes) -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BaseException:  # noqa: S112 (a learner may have closed or replaced it; their output is then lost)
            continue
    view = memoryview(frame)
    while view:
        view = view[os.write(_RESULT, view) :]
