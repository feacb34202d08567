# title = "makes a call that kernels learned after the filter was written (listmount, of Linux 6.8)"
# defence = "the filter says of every call newer than its list that it does not exist"
# prelude = "syscalls"
# without = ["filter"]
# holds = "raised OSError"
# falls = "returned won"

import ctypes

LISTMOUNT, ROOT = 458, 2**64 - 1


def f(x):
    asked = (ctypes.c_uint64 * 3)(24, ROOT, 0)
    mounts = (ctypes.c_uint64 * 64)()
    return "won" if checked(libc.syscall(LISTMOUNT, asked, mounts, 64, 0)) > 0 else "lost"
