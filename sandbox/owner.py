"""Who started a container: a label a later judge can check, to sweep what dead ones left behind."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_PROC = Path("/proc")
_ENDED = ("exited", "dead")
_STILLBORN_SECONDS = 3600


def describe_self() -> str:
    """This process as a label: boot of the machine, PID namespace, process id and its start time, slash-separated."""
    return f"{_boot()}/{_namespace()}/{os.getpid()}/{_started(os.getpid())}"


def is_dead(label: str, *, has_ended: bool) -> bool:
    """Whether the process ``label`` describes is known to be gone; in doubt it lives.

    ``has_ended`` says that its container has: with a label of another boot, or of another PID namespace, one that has
    not may belong to a judge on another machine, or in another container, that shares the engine, whatever its socket
    looks like from here.
    """
    boot, _, rest = label.partition("/")
    namespace, _, process = rest.partition("/")
    number, _, started = process.partition("/")
    if not (boot and number.isdecimal() and _boot()):
        return False
    if (boot, namespace) != (_boot(), _namespace()):
        return has_ended
    return _is_gone(int(number), started)


def has_ended(container: Mapping[str, Any], now: float) -> bool:
    """Whether nothing runs in a container, as the engine lists it, and nothing will.

    One whose judge was killed before it could start it would keep its name, and so its slot, for ever. No start takes
    an hour.
    """
    is_stillborn = container["State"] == "created" and container["Created"] < now - _STILLBORN_SECONDS
    return container["State"] in _ENDED or is_stillborn


def _is_gone(process: int, started: str) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        pass  # somebody else's, and there
    # Under hidepid other people's processes look like none: only a start time that can be read may contradict.
    return _started(process) not in {started, ""}


def _boot() -> str:
    try:
        return (_PROC / "sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def _namespace() -> str:
    try:
        return os.readlink(_PROC / "self/ns/pid")
    except OSError:
        return ""


def _started(process: int) -> str:
    try:
        # The name in brackets may hold spaces; the start time is the 20th field after it.
        return (_PROC / str(process) / "stat").read_text().rpartition(")")[2].split()[19]
    except OSError:
        return ""
