"""Who started a container: a label a later judge can check, to sweep what dead ones left behind."""

from __future__ import annotations

import os
from pathlib import Path

_PROC = Path("/proc")


def describe_self() -> str:
    """This process as a label: boot of the machine, PID namespace, process id and its start time, slash-separated."""
    return f"{_boot()}/{_namespace()}/{os.getpid()}/{_started(os.getpid())}"


def is_dead(label: str, *, same_machine: bool) -> bool:
    """Whether the process ``label`` describes is known to be gone; in doubt it lives.

    ``same_machine`` says that label and reader share a kernel, so that another boot's processes are all gone.
    """
    boot, _, rest = label.partition("/")
    namespace, _, process = rest.partition("/")
    number, _, started = process.partition("/")
    if not (boot and number.isdecimal() and _boot()):
        return False
    if boot != _boot():
        return same_machine
    return namespace == _namespace() and _started(int(number)) != started


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
