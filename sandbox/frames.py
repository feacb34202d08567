"""The frames that carry jobs to a cell and results back.

Two streams meet in a cell. The *control* stream runs between the judge and the leader: a fixed header, then a body
the leader never reads but splices on. The *result* stream runs from a learner's process to the judge: one frame, of
which only the first complete one counts. Standard library only: both sides import this module.
"""

from __future__ import annotations

import enum
import os
import signal
import struct
from collections.abc import Mapping
from typing import Any, NamedTuple

from sandbox.protocol import Failure
from sandbox.values import MAX_BYTES, FrameError, Value, decode, encode

VERSION = 1
UIDS_PER_CELL = 5_000
"""Size of the block of user ids a cell is lent; the last of them is never a child's but its reaper's."""


class Kind(enum.IntEnum):
    """Types of control frames; below 16 they go to the cell, from 16 on they come from it."""

    JOB = 1  # fixed JOB_LIMITS, then `length` bytes for the child
    PING = 2
    KILL = 3
    READY = 16  # READY_BODY
    PONG = 17
    OUTPUT = 18  # `length` bytes the child printed
    RESULT = 19  # `length` bytes of the child's result stream
    END = 20  # END_BODY


class Header(NamedTuple):
    """Fixed control header: the job it belongs to and the length of the body that follows."""

    kind: Kind
    job: int
    length: int


CONTROL = struct.Struct("<HBBII")
CONTROL_MAGIC = 0x4752
JOB_LIMITS = struct.Struct("<III")  # wall_ms, output_bytes, result_bytes
READY_BODY = struct.Struct("<IIII")  # zygote VmSize in kB, PSS in kB, threads, Unconfined bits
END_BODY = struct.Struct("<BiQQQQIIIB")
JOB_LENGTH = struct.Struct("<I")  # what the leader writes before the body of a job, which it does not read
RESULT_HEAD = struct.Struct("<4sBxxxI")
RESULT_MAGIC = b"GRAD"


class Unconfined(enum.IntFlag):
    """What a cell could not apply at its start; a Docker cell reports none of these."""

    UID = 1  # no user of its own: runs as whoever started it
    PROCESSES = 2  # no PID namespace: its children are seen by, and see, the host's
    NETWORK = 4  # no network namespace: only the seccomp filter keeps it off the network
    FILES = 8  # no file system of its own: it sees the host's files
    SYSCALLS = 16  # no seccomp filter


WALLS: Mapping[Unconfined, str] = {
    Unconfined.UID: "a user of its own (start as root)",
    Unconfined.PROCESSES: "a process namespace (allow unprivileged user namespaces)",
    Unconfined.NETWORK: "a network namespace (the system-call filter still refuses sockets)",
    Unconfined.FILES: "a file tree of its own",
    Unconfined.SYSCALLS: "a system-call filter for this architecture",
}
"""What each missing wall is called, and what to do about it where something can be done."""


class Stop(enum.IntEnum):
    """Why the leader stopped watching a child."""

    EXITED = 0  # it ended by itself
    RESULT = 1  # its frame was complete
    WALL = 2  # our timer
    OUTPUT = 3
    ASKED = 4  # the judge sent KILL
    BAD_RESULT = 5  # not a frame header, or one longer than allowed


SENT = frozenset({signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT})
"""Signals no mistake in code leads to: somebody sends them, the code itself or somebody outside."""


class End(NamedTuple):
    """How a child ended, from the leader: never from the child itself.

    ``status`` is a raw wait status; times are microseconds, ``run_delay_us`` what it spent runnable but not
    running; ``oom_kills`` is the cgroup's count since the child was parked; ``children`` is how many
    this cell has forked so far, each with a user id of its own; ``leftovers`` says whether anything it started outlived
    the reaper.
    """

    stop: Stop
    status: int
    wall_us: int
    cpu_us: int
    run_delay_us: int
    max_rss_kb: int
    faults: int
    oom_kills: int
    children: int
    leftovers: bool


def pack_header(kind: Kind, job: int, length: int) -> bytes:
    """One control header as bytes."""
    return CONTROL.pack(CONTROL_MAGIC, VERSION, kind, job, length)


def unpack_header(raw: bytes) -> Header:
    """The header in ``raw`` (``CONTROL.size`` bytes). Raises :class:`FrameError`."""
    magic, version, kind, job, length = _fields(CONTROL, raw)
    if magic != CONTROL_MAGIC or version != VERSION or length > MAX_BYTES:
        raise FrameError("not a control frame of this version")
    try:
        return Header(Kind(kind), job, length)
    except ValueError as error:
        raise FrameError(f"unknown control frame {kind}") from error


def unpack_end(raw: bytes) -> End:
    """The body of an END frame. Raises :class:`FrameError`."""
    stop, status, *rest, leftovers = _fields(END_BODY, raw)
    if not os.WIFEXITED(status) and not os.WIFSIGNALED(status):
        raise FrameError(f"wait status {status} is not of an end")
    try:
        return End._make((Stop(stop), status, *rest, bool(leftovers)))
    except ValueError as error:
        raise FrameError(f"unknown stop {stop}") from error


def pack_result(payload: Mapping[str, Value]) -> bytes:
    """The one frame a child writes. Raises :class:`FrameError` when the payload is not plain or too large."""
    body = encode(payload)
    return RESULT_HEAD.pack(RESULT_MAGIC, VERSION, len(body)) + body


def result_length(head: bytes, limit: int = MAX_BYTES) -> int:
    """Body length announced by a result header. Raises :class:`FrameError`."""
    magic, version, length = _fields(RESULT_HEAD, head)
    if magic != RESULT_MAGIC or version != VERSION or length > limit:
        raise FrameError("not a result frame")
    return int(length)


def read_result(body: bytes) -> tuple[tuple[Mapping[str, Value], ...], Failure | None]:
    """Trials and failure in a result frame's body. Raises :class:`FrameError` for anything else."""
    payload = decode(body)
    if not isinstance(payload, dict):
        raise FrameError("a result is a dict")
    trials = payload.get("trials")
    if not isinstance(trials, list) or not all(isinstance(trial, dict) for trial in trials):
        raise FrameError("a result holds a list of trials")
    return tuple(trials), _read_failure(payload.get("failure"))


def _fields(form: struct.Struct, raw: bytes) -> tuple[Any, ...]:
    if len(raw) != form.size:
        raise FrameError(f"{len(raw)} bytes where {form.size} belong")
    return form.unpack(raw)


def _read_failure(raw: Value) -> Failure | None:
    if raw is None:
        return None
    if not isinstance(raw, dict):
        raise FrameError("a failure is a dict")
    names = raw.get("names")
    return Failure(
        stage=_text(raw, "stage"),
        type=_text(raw, "type"),
        message=_text(raw, "message"),
        line=_number(raw, "line"),
        text=_text(raw, "text"),
        caret=_number(raw, "caret"),
        trial=_number(raw, "trial"),
        names=tuple(name[:80] for name in names[:10] if isinstance(name, str)) if isinstance(names, list) else (),
    )


def _text(raw: Mapping[str, Value], key: str) -> str:
    value = raw.get(key, "")
    if not isinstance(value, str):
        raise FrameError(f"{key} is text")
    return value


def _number(raw: Mapping[str, Value], key: str) -> int | None:
    value = raw.get(key)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
        raise FrameError(f"{key} is a whole number")
    return value
