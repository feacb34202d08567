# title = "copies a descriptor out of the process that forked it"
# defence = "the filter refuses pidfd_open() and pidfd_getfd(), and so do the other user and dumpable"
# prelude = "syscalls"
# without = ["filter", "user", "dumpable"]
# holds = "raised PermissionError"
# falls = "returned won"

import os

PIDFD_GETFD = 438


def f(x):
    process = os.pidfd_open(os.getppid())
    os.close(checked(libc.syscall(PIDFD_GETFD, process, 1, 0)))
    return "won"
