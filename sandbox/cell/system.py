"""The few Linux calls Python has no name for. Errors surface as :class:`OSError`."""

from __future__ import annotations

import ctypes
import os
import platform
import signal
from collections.abc import Callable, Sequence

PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_SET_SECCOMP = 22
PR_CAPBSET_DROP = 24
PR_SET_CHILD_SUBREAPER = 36
PR_SET_NO_NEW_PRIVS = 38
PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL = 47, 4
SECCOMP_MODE_FILTER = 2
CAP_SETGID, CAP_SETUID = 6, 7
LAST_CAPABILITY = 40
MADV_COLLAPSE = 25
WAIT_UNSEEN = 0x40000000
"""``__WALL``: for waits that are to see a child of :func:`fork_unseen`, too."""
CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC, CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = (
    0x00020000,
    0x04000000,
    0x08000000,
    0x10000000,
    0x20000000,
    0x40000000,
)
_CLONE_FILES, _CLONE_PARENT = 0x00000400, 0x00008000
MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_BIND, MS_REC, MS_PRIVATE = 2, 4, 8, 4096, 16384, 1 << 18
MNT_DETACH = 2
_AT_FDCWD, _AT_RECURSIVE = -100, 0x8000
_MOUNT_ATTR_RDONLY, _MOUNT_ATTR_NOSUID = 1, 2
_CAPABILITY_VERSION_3 = 0x20080522

# close_range and mount_setattr have one number everywhere; fork without an exit signal and pivot_root do not.
_MOUNT_SETATTR, _CLOSE_RANGE = 442, 436
_NUMBERS = {
    "x86_64": {"clone": 56, "pivot_root": 155, "capset": 126},
    "aarch64": {"clone": 220, "pivot_root": 41, "capset": 91},
}

_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long


class _SockFprog(ctypes.Structure):
    _fields_ = [("len", ctypes.c_ushort), ("filter", ctypes.c_char_p)]


_DIE_WITH_PARENT = (PR_SET_PDEATHSIG, *map(ctypes.c_ulong, (signal.SIGKILL, 0, 0, 0)))


def _checked(result: int, what: str) -> int:
    if result == -1:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def _number(name: str) -> int:
    try:
        return _NUMBERS[platform.machine()][name]
    except KeyError:
        raise OSError(f"{name} is not known on {platform.machine()}") from None


def prctl(option: int, argument: int = 0, second: int = 0) -> None:
    """``prctl(2)``; unused arguments are zero."""
    arguments = (ctypes.c_ulong(argument), ctypes.c_ulong(second), ctypes.c_ulong(0), ctypes.c_ulong(0))
    _checked(_libc.prctl(option, *arguments), f"prctl {option}")


def die_with_parent() -> None:
    """Have this process killed when its parent ends."""
    _checked(_libc.prctl(*_DIE_WITH_PARENT), "prctl PDEATHSIG")


def seccomp_loader(program: bytes) -> Callable[[], None]:
    """What installs a seccomp filter (8 bytes an instruction) for the process that calls it, and all it starts."""
    filter_program = _SockFprog(len(program) // 8, program)  # which keeps these bytes, as byref does what it is given
    arguments = (PR_SET_SECCOMP, ctypes.c_ulong(SECCOMP_MODE_FILTER), ctypes.byref(filter_program))

    def load() -> None:
        _checked(_libc.prctl(*arguments), "prctl SECCOMP")

    return load


def close_from(first: int) -> None:
    """Close every descriptor from ``first`` on."""
    _checked(_libc.syscall(_CLOSE_RANGE, ctypes.c_uint(first), ctypes.c_uint(0xFFFFFFFF), 0), "close_range")


def fork_unseen(flags: int = 0) -> int:
    """Fork a child without an exit signal, so that plain waits never see it. Only while single-threaded."""
    return _checked(_libc.syscall(_number("clone"), flags, 0, 0, 0, 0), "clone")


def fork_sharing_files() -> int:
    """As :func:`fork_unseen`, a child that opens and closes the same descriptors as its parent from now on."""
    return fork_unseen(_CLONE_FILES)


def fork_sibling() -> int:
    """As :func:`fork_unseen`, a child of our parent's; our own exit signal must be none for it to have none."""
    return fork_unseen(_CLONE_PARENT)


def collapse(start: int, length: int) -> bool:
    """Ask for huge pages under a private anonymous range; whether the kernel did it (6.1 and later)."""
    result: int = _libc.madvise(ctypes.c_void_p(start), ctypes.c_size_t(length), MADV_COLLAPSE)
    return result == 0


def unshare(flags: int) -> None:
    """``unshare(2)``."""
    _checked(_libc.unshare(flags), "unshare")


def mount(source: str, target: str, kind: str = "", flags: int = 0, data: str = "") -> None:
    """``mount(2)``."""
    result = _libc.mount(source.encode(), target.encode(), kind.encode(), ctypes.c_ulong(flags), data.encode())
    _checked(result, f"mount {target}")


def make_read_only(target: str, *, below: bool = True) -> None:
    """Make a mount (and every mount below it) read-only and nosuid, keeping the flags it has."""
    flags = _AT_RECURSIVE if below else 0
    attributes = (ctypes.c_uint64 * 4)(_MOUNT_ATTR_RDONLY | _MOUNT_ATTR_NOSUID, 0, 0, 0)
    result = _libc.syscall(
        _MOUNT_SETATTR, _AT_FDCWD, target.encode(), flags, ctypes.byref(attributes), ctypes.sizeof(attributes)
    )
    _checked(result, f"mount_setattr {target}")


def pivot_here() -> None:
    """Make the current directory the root and detach the old one."""
    _checked(_libc.syscall(_number("pivot_root"), b".", b"."), "pivot_root")
    _checked(_libc.umount2(b".", MNT_DETACH), "umount2")
    os.chdir("/")


def keep_capabilities(kept: Sequence[int]) -> None:
    """Drop every capability but ``kept`` from all sets; the bounding set too where that is allowed."""
    for capability in range(LAST_CAPABILITY + 1):
        if capability not in kept:
            try:
                prctl(PR_CAPBSET_DROP, capability)
            except OSError:
                break  # without SETPCAP the bounding set stays; no_new_privs makes it moot
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL)
    mask = sum(1 << capability for capability in kept)
    low, high = mask & 0xFFFFFFFF, mask >> 32
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    sets = (ctypes.c_uint32 * 6)(low, low, 0, high, high, 0)
    _checked(_libc.syscall(_number("capset"), ctypes.byref(header), ctypes.byref(sets)), "capset")
