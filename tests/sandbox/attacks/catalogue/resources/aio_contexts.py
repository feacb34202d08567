# title = "takes the asynchronous contexts of the whole host, which are counted for all its users together"
# defence = "both filters refuse io_setup()"
# without = ["filter"]
# holds = "raised PermissionError"
# falls = "returned won"

import ctypes
import os
import platform

IO_SETUP = {"x86_64": 206, "aarch64": 0}[platform.machine()]


def f(x):
    libc = ctypes.CDLL(None, use_errno=True)
    context = ctypes.c_ulong()
    if libc.syscall(IO_SETUP, 20_000, ctypes.byref(context)) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return "won"
