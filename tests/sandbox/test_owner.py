"""Whose a container is: nothing of a judge that lives, or may live, is swept."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from sandbox.owner import describe_self, is_dead

LOOK_UNDER_HIDEPID = """
import ctypes, os, sys
sys.path.insert(0, sys.argv[1])
libc = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNS, MS_REC, MS_PRIVATE = 0x20000, 16384, 1 << 18
if libc.unshare(CLONE_NEWNS) or libc.mount(b"", b"/", b"", MS_REC | MS_PRIVATE, None) \
        or libc.mount(b"proc", b"/proc", b"proc", 0, b"hidepid=2"):
    sys.exit(os.strerror(ctypes.get_errno()))
from sandbox.owner import is_dead
os.setgroups([])
os.setresgid(65534, 65534, 65534)
os.setresuid(65534, 65534, 65534)
assert not os.path.exists(f"/proc/{sys.argv[2]}"), "hidepid hides nothing"
print(is_dead(sys.argv[3], has_ended=False))
"""


def labelled(pid: int, started: str) -> str:
    boot, namespace = describe_self().split("/")[:2]
    return f"{boot}/{namespace}/{pid}/{started}"


@pytest.fixture
def other() -> Iterator[psutil.Process]:
    """Somebody else's process that lives."""
    with subprocess.Popen(("sleep", "60")) as sleeping:
        yield psutil.Process(sleeping.pid)
        sleeping.kill()


def started(process: psutil.Process) -> str:
    return Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[19]


def test_a_living_process_is_known_by_its_number_and_its_start(other: psutil.Process) -> None:
    assert not is_dead(labelled(other.pid, started(other)), has_ended=False)
    assert is_dead(labelled(other.pid, "1"), has_ended=False)


@pytest.mark.skipif(os.getuid() != 0, reason="only root may hide processes")
def test_a_judge_whose_process_is_hidden_counts_as_alive(other: psutil.Process) -> None:
    root = str(Path(__file__).resolve().parent.parent.parent)
    looking = (sys.executable, "-c", LOOK_UNDER_HIDEPID, root, str(other.pid), labelled(other.pid, started(other)))
    said = subprocess.run(looking, capture_output=True, text=True)
    assert (said.stdout, said.returncode) == ("False\n", 0), said.stderr
