# title = "sets thousands of POSIX timers in the kernel"
# defence = "a limit of waiting signals: each timer keeps one ready"
# without = ["limits"]
# holds = "raised BlockingIOError"
# falls = "returned won"

import ctypes
import os

MONOTONIC = 1


def f(x):
    libc = ctypes.CDLL(None, use_errno=True)
    timer = ctypes.c_void_p()
    for _ in range(5000):
        if libc.timer_create(MONOTONIC, None, ctypes.byref(timer)) != 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return "won"
