# title = "traces the process that forked it"
# defence = "the filter refuses ptrace(); other users' processes, and ones that are not dumpable, cannot be traced"
# without = ["filter", "user", "dumpable"]
# holds = "raised PermissionError"
# falls = "returned won"

import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)


def checked(result):
    if result == -1:
        raise OSError(ctypes.get_errno(), "refused")
    return result


PTRACE_SEIZE = 0x4206


def f(x):
    checked(libc.ptrace(PTRACE_SEIZE, os.getppid(), None, None))
    return "won"
