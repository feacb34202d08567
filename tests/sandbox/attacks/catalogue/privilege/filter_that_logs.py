# title = "loads a filter that has the kernel write every one of its calls into the host's log"
# defence = "the filter refuses prctl(PR_SET_SECCOMP)"
# prelude = "syscalls"
# without = ["filter"]
# holds = "raised PermissionError"
# falls = "returned won"

import ctypes

PR_SET_SECCOMP, MODE_FILTER = 22, 2
LOG = (0x7FFC << 48) | 0x06


def f(x):
    program = (ctypes.c_uint64 * 1)(LOG)
    loaded = (ctypes.c_uint64 * 2)(1, ctypes.addressof(program))
    checked(libc.prctl(PR_SET_SECCOMP, MODE_FILTER, loaded))
    return "won"
