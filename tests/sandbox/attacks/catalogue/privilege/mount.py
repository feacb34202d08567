# title = "mounts a file system it can write to, as root of a user namespace"
# defence = "both filters refuse mount() and unshare(); only root of a namespace may"
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
    libc.unshare(NEW_USER | NEW_MOUNTS)
    checked(libc.mount(b"none", b"/tmp", b"tmpfs", 0, None))
    return "won"
