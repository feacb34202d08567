# title = "traces the first process, or the one that forked it"
# defence = "the filter refuses ptrace(), and so do the other user and dumpable"
# prelude = "syscalls"
# without = ["filter", "user", "dumpable"]
# holds = "raised PermissionError"
# falls = "returned won"

import os

PTRACE_SEIZE = 0x4206


def f(x):
    for process in (1, os.getppid()):
        try:
            checked(libc.ptrace(PTRACE_SEIZE, process, None, None))
            return "won"
        except PermissionError as error:
            refused = error
    raise refused
