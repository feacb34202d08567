# title = "stops itself, so that no signal but one can reach it, until a timer wakes it"
# defence = "the clock is watched by another process, and SIGKILL reaches who is stopped"
# prelude = "syscalls"
# without = ["job limits"]
# holds = "time limit"
# falls = "returned won"
# wall_ms = 500

import ctypes
import signal

MONOTONIC = 1


def f(x):
    timer = ctypes.c_void_p()
    libc.timer_create(MONOTONIC, (ctypes.c_int * 16)(0, 0, signal.SIGCONT), ctypes.byref(timer))
    libc.timer_settime(timer, 0, (ctypes.c_long * 4)(0, 0, 1, 0), None)
    signal.raise_signal(signal.SIGSTOP)
    return "won"
