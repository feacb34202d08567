# title = "sets up a ring that reads and writes past every filter"
# defence = "both filters refuse io_uring_setup(); no memory may be locked for one"
# prelude = "syscalls"
# without = ["filter", "limits"]
# holds = "raised PermissionError"
# falls = "returned won"

import ctypes

IO_URING_SETUP = 425


def f(x):
    checked(libc.syscall(IO_URING_SETUP, 4, (ctypes.c_uint32 * 30)()))
    return "won"
