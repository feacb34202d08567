# title = "names prctl's option with bits above those that the kernel reads, so that a filter sees another"
# defence = "the filter looks at no more bits than the kernel"
# prelude = "syscalls"
# without = ["filter"]
# holds = "raised PermissionError"
# falls = "returned won"

import ctypes

SET_DUMPABLE = 4


def f(x):
    checked(libc.syscall(number(x86_64=157, aarch64=167), ctypes.c_ulong(1 << 32 | SET_DUMPABLE), 1, 0, 0, 0))
    return "won"
