# title = "asks where the pages of the process that forked it lie"
# defence = "the filter refuses move_pages(), and so do the other user and dumpable"
# without = ["filter", "user", "dumpable"]
# holds = "raised PermissionError"
# falls = "returned won"

import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)


def checked(result):
    if result == -1:
        raise OSError(ctypes.get_errno(), "refused")
    return result


def f(x):
    pages = (ctypes.c_void_p * 1)(id(None) & ~4095)
    status = (ctypes.c_int * 1)()
    calls = {"x86_64": 279, "aarch64": 239}
    checked(libc.syscall(calls[os.uname().machine], os.getppid(), 1, pages, None, status, 0))
    return "won"
