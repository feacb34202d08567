# title = "holds the kernel up in the middle of a copy"
# defence = "both filters refuse userfaultfd()"
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


USER_MODE_ONLY = 1


def f(x):
    calls = {"x86_64": 323, "aarch64": 282}
    checked(libc.syscall(calls[os.uname().machine], USER_MODE_ONLY))
    return "won"
