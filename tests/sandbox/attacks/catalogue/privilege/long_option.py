# title = "names prctl's option with bits above those that the kernel reads, so that a filter sees another"
# defence = "the filter looks at no more bits than the kernel"
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


SET_DUMPABLE = 4


def f(x):
    calls = {"x86_64": 157, "aarch64": 167}
    checked(libc.syscall(calls[os.uname().machine], ctypes.c_ulong(1 << 32 | SET_DUMPABLE), 1, 0, 0, 0))
    return "won"
