# title = "locks memory, which can then never be swapped out"
# defence = "a limit of locked memory: none"
# without = ["limits"]
# holds = "raised PermissionError"
# falls = "returned won"

import ctypes
import os


def f(x):
    libc = ctypes.CDLL(None, use_errno=True)
    page = ctypes.create_string_buffer(1 << 16)
    if libc.mlock(page, ctypes.c_size_t(1 << 16)) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return "won"
