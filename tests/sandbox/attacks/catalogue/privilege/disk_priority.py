# title = "asks to be the first at the disks"
# defence = "the filter refuses ioprio_set()"
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


BEST_EFFORT_FIRST = 2 << 13


def f(x):
    calls = {"x86_64": 251, "aarch64": 30}
    checked(libc.syscall(calls[os.uname().machine], 1, 0, BEST_EFFORT_FIRST))
    return "won"
