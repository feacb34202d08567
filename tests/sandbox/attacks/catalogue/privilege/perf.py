# title = "counts what the processor does, and with it what others do"
# defence = "both filters refuse perf_event_open()"
# prelude = "syscalls"
# without = ["filter"]
# holds = "raised PermissionError"
# falls = "returned won"

import ctypes

SOFTWARE, SIZE, USER_ONLY = 1, 64, 1 << 5 | 1 << 6


def f(x):
    event = (ctypes.c_uint64 * 8)(SOFTWARE | SIZE << 32)
    event[5] = USER_ONLY
    checked(libc.syscall(number(x86_64=298, aarch64=241), event, 0, -1, -1, 0))
    return "won"
