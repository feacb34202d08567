# title = "has the kernel ask a program of the host for a key"
# defence = "both filters refuse request_key()"
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
    calls = {"x86_64": 249, "aarch64": 218}
    # Without something to tell that program it is not started: only what there is already is looked through.
    libc.syscall(calls[os.uname().machine], b"user", b"there is none", None, 0)
    return "reached" if ctypes.get_errno() == errno.ENOKEY else checked(-1)
