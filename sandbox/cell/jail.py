"""The local cell's walls: namespaces and a root of its own, for where no container engine provides them.

Works as root and, where the kernel allows unprivileged user namespaces, as an ordinary user. Whatever cannot be
applied is reported as :class:`~sandbox.frames.Unconfined` bits and the rest still holds.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from sandbox.cell import system
from sandbox.frames import Unconfined

_DEVICES = ("null", "zero", "random", "urandom")
_ROOT_SIZE = "32m"
_PROC_FLAGS = system.MS_NOSUID | system.MS_NODEV | system.MS_NOEXEC


def enter(visible: Sequence[str]) -> Unconfined:
    """Move into namespaces where only ``visible`` paths exist, read-only; what could not be applied.

    Returns in a new process that is PID 1 of its PID namespace; the caller's own process stays outside as its
    keeper and never returns from here.
    """
    try:
        _unshare()
    except OSError:
        system.prctl(system.PR_SET_CHILD_SUBREAPER, 1)
        return Unconfined.PROCESSES | Unconfined.NETWORK | Unconfined.FILES
    _become_first_process()
    try:
        _own_root(visible)
    except OSError:
        return Unconfined.FILES | _hide_processes()
    return Unconfined(0)


def _hide_processes() -> Unconfined:
    """Without a root of our own, at least /proc must show our own processes and not the host's."""
    try:
        system.mount("proc", "/proc", "proc", _PROC_FLAGS)
    except OSError:
        return Unconfined.PROCESSES
    return Unconfined(0)


def seal() -> None:
    """Make the jail's own root read-only; call after the imports, which want a temporary directory once."""
    system.make_read_only("/", below=False)  # /proc keeps its own rules


def _unshare() -> None:
    flags = system.CLONE_NEWNS | system.CLONE_NEWPID | system.CLONE_NEWNET | system.CLONE_NEWIPC | system.CLONE_NEWUTS
    uid, gid = os.getuid(), os.getgid()
    if uid == 0:
        system.unshare(flags)
        return
    system.unshare(flags | system.CLONE_NEWUSER)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")


def _become_first_process() -> None:
    pid = os.fork()
    if pid:
        _keep(pid)
    system.prctl(system.PR_SET_PDEATHSIG, signal.SIGKILL)


def _keep(pid: int) -> None:
    # The keeper holds none of the streams: the judge must see their end when the leader goes.
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 1)
    # Reaped here, so that no zombie is left to whoever happens to be the first process of the machine.
    signal.signal(signal.SIGTERM, lambda *_: os.kill(pid, signal.SIGKILL))
    _, status = os.waitpid(pid, 0)
    os._exit(os.waitstatus_to_exitcode(status) & 0xFF)


def _own_root(visible: Sequence[str]) -> None:
    system.mount("", "/", flags=system.MS_REC | system.MS_PRIVATE)
    # /sys is always there and nothing the cell needs lives below it.
    root = Path("/sys")
    system.mount("tmpfs", str(root), "tmpfs", system.MS_NOSUID | system.MS_NODEV, f"size={_ROOT_SIZE},mode=0755")
    for path in visible:
        _show(root, path)
    for device in _DEVICES:
        _bind(f"/dev/{device}", root / "dev" / device)
    for empty in ("proc", "tmp", "sys"):
        (root / empty).mkdir(mode=0o755, exist_ok=True)  # a checkout may lie below one of them
    system.mount("proc", str(root / "proc"), "proc", _PROC_FLAGS)
    os.chdir(root)
    system.pivot_here()


def _show(root: Path, path: str) -> None:
    source = Path(path)
    if source.is_symlink():
        target = root / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.is_symlink():
            target.symlink_to(os.readlink(source))
    elif source.exists() and not (root / path.lstrip("/")).exists():
        _bind(path, root / path.lstrip("/"))
        system.make_read_only(str(root / path.lstrip("/")))


def _bind(source: str, target: Path) -> None:
    target.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    if Path(source).is_dir():
        target.mkdir(mode=0o755)
    else:
        target.touch(mode=0o644)
    system.mount(source, str(target), flags=system.MS_BIND | system.MS_REC)


def needed_paths() -> tuple[str, ...]:
    """What a Python with torch reads at run time: the system's libraries, this interpreter, and our own package."""
    package = Path(__file__).resolve().parent.parent
    return ("/usr", "/lib", "/lib64", "/bin", "/etc/ld.so.cache", sys.base_prefix, sys.prefix, str(package))
