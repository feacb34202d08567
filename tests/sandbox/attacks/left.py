"""What is left of a submission: seen from the host, and seen by the next learner."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

from sandbox.docker_cell import DockerStreams
from sandbox.frames import UIDS_PER_CELL
from sandbox.local_cell import LocalStreams
from tests.sandbox.conftest import OneCell

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
    """What there is once the next child is parked."""
    assert one.client is not None
    one.runner.run(one.client.ping())
    first = first_process(one)
    namespace = os.readlink(f"/proc/{first}/ns/pid")
    block = _block(first)
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


def first_process(one: OneCell) -> int:
    """The host's number of the cell's first process."""
    assert one.client is not None
    streams = one.client._streams
    if isinstance(streams, DockerStreams):
        return int(streams._client.inspect_container(streams._container)["State"]["Pid"])
    assert isinstance(streams, LocalStreams)
    keeper = psutil.Process(streams.pid)
    return next((child.pid for child in keeper.children()), streams.pid)


def _block(first: int) -> range:
    """The block of user ids leased to this cell; none where it has none to give."""
    arguments = Path(f"/proc/{first}/cmdline").read_bytes().split(b"\0")
    base = next((int(argument) for argument in arguments if argument.isdigit()), 0)
    return range(base, base + UIDS_PER_CELL) if base else range(0)


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
