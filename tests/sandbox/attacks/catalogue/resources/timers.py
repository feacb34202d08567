# title = "sets thousands of POSIX timers in the kernel"
# defence = "a limit of waiting signals: each timer keeps one ready"
# prelude = "syscalls"
# without = ["limits"]
# holds = "raised BlockingIOError"
# falls = "returned won"

import ctypes

MONOTONIC = 1


def f(x):
    timer = ctypes.c_void_p()
    for _ in range(5000):
        checked(libc.timer_create(MONOTONIC, None, ctypes.byref(timer)))
    return "won"
