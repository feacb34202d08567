# title = "sets the clock to a time that there is not; the kernel says so before it asks for SYS_TIME"
# defence = "both filters refuse settimeofday()"
# without = ["filter"]
# holds = "raised PermissionError"
# falls = "returned reached"

import ctypes
import errno
import os

libc = ctypes.CDLL(None, use_errno=True)


def checked(result):
    if result == -1:
        raise OSError(ctypes.get_errno(), "refused")
    return result


def f(x):
    calls = {"x86_64": 164, "aarch64": 170}
    libc.syscall(calls[os.uname().machine], (ctypes.c_long * 2)(0, 2_000_000), None)
    return "reached" if ctypes.get_errno() == errno.EINVAL else checked(-1)
