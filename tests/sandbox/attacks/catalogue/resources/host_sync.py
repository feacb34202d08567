# title = "has the whole host write its buffers to disk"
# defence = "both filters refuse sync() and syncfs()"
# without = ["filter"]
# holds = "raised PermissionError"
# falls = "returned won"

import ctypes
import os


def f(x):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.syncfs(os.open("/dev/null", os.O_RDONLY)) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return "won"
