"""What is left of a submission: seen from the host, and seen by the next learner."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

from sandbox.frames import UIDS_PER_CELL
from tests.sandbox.conftest import OneCell
from tests.sandbox.leased import LeasedCells, first_process

PATIENCE_S = 10.0
OPEN_PLACES = ("tmp", "dev/shm", "dev/mqueue")

NEXT_LEARNER = """
import os, pathlib, torch

def read(path):
    try:
        return pathlib.Path(path).read_text().splitlines()
    except OSError as error:
        return [type(error).__name__]

def listed(path):
    try:
        return sorted(os.listdir(path))
    except OSError as error:
        return [type(error).__name__]

def f(x):
    x = x.clone().requires_grad_()
    (x ** 2).sum().backward()
    return {
        "gradient": x.grad,
        "files": [listed(path) for path in ("/tmp", "/dev/shm", "/dev/mqueue")],
        "objects": [len(read(f"/proc/sysvipc/{kind}")) for kind in ("shm", "sem", "msg")],
        "keys": len(read("/proc/keys")),
        "processes": sum(name.isdecimal() for name in os.listdir("/proc")),
        "descriptors": len(os.listdir("/proc/self/fd")),
    }
"""
"""An honest submission that also tells what it can see of those before it."""


@dataclass(frozen=True, slots=True)
class Left:
    """A cell between two submissions, as root sees it on the host.

    ``processes`` are the names of all in its PID namespace; ``strangers`` are processes of its children's users
    anywhere else; ``objects`` counts such users' System V objects in the host's own IPC namespace.
    """

    processes: tuple[str, ...]
    descriptors: int
    files: tuple[str, ...]
    strangers: tuple[str, ...]
    objects: int


def look(one: OneCell) -> Left:
    """What there is once the next child is parked, in a cell of :class:`LeasedCells`."""
    assert one.client is not None
    assert isinstance(one.cells, LeasedCells)
    one.runner.run(one.client.ping())
    slot = one.cells.slots[-1]
    block = range(slot.uid_base, slot.uid_base + UIDS_PER_CELL)
    first = first_process(slot).pid
    namespace = os.readlink(f"/proc/{first}/ns/pid")
    inside, strangers = [], []
    for process in psutil.process_iter(["name", "uids"]):
        if _namespace(process.pid) == namespace:
            inside.append(process.info["name"])
        elif process.info["uids"] and process.info["uids"].real in block:
            strangers.append(f"{process.pid} {process.info['name']}")
    root = Path(f"/proc/{first}/root")
    files = [str(found.relative_to(root)) for place in OPEN_PLACES for found in (root / place).glob("**/*")]
    return Left(
        tuple(sorted(inside)),
        len(os.listdir(f"/proc/{first}/fd")),
        tuple(sorted(files)),
        tuple(strangers),
        _system_v_objects(block),
    )


def same_again(fresh: Left, look_now: Callable[[], Left]) -> Left:
    """``fresh`` as soon as the cell looks so again; otherwise what it looked like at last."""
    deadline = time.monotonic() + PATIENCE_S
    while (now := look_now()) != fresh and time.monotonic() < deadline:
        time.sleep(0.02)
    return now


def _namespace(pid: int) -> str:
    try:
        return os.readlink(f"/proc/{pid}/ns/pid")
    except OSError:
        return ""


def _system_v_objects(block: range) -> int:
    count = 0
    for kind in ("shm", "sem", "msg"):
        header, *rows = Path(f"/proc/sysvipc/{kind}").read_text().splitlines()
        column = header.split().index("uid")
        count += sum(int(row.split()[column]) in block for row in rows)
    return count
