# title = "exchanges the root for a file system of its own"
# defence = "both filters refuse pivot_root(), mount() and unshare(); only root of a namespace may"
# without = ["filter"]
# holds = "raised PermissionError"
# falls = "returned won"

import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)


def checked(result):
    if result == -1:
        raise OSError(ctypes.get_errno(), "refused")
    return result


NEW_USER, NEW_MOUNTS = 0x10000000, 0x00020000


def f(x):
    calls = {"x86_64": 155, "aarch64": 41}
    libc.unshare(NEW_USER | NEW_MOUNTS)
    libc.mount(b"none", b"/tmp", b"tmpfs", 0, None)
    os.chdir("/tmp")
    checked(libc.syscall(calls[os.uname().machine], b".", b"."))
    return "won"
