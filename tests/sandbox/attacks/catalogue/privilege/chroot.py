# title = "moves its root below a directory, as root of a user namespace"
# defence = "both filters refuse chroot() and unshare(); only root of a namespace may"
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


NEW_USER = 0x10000000


def f(x):
    libc.unshare(NEW_USER)
    os.chroot("/proc")
    return "won"
