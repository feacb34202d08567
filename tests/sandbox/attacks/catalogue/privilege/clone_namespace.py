# title = "starts a process in a user namespace of its own"
# defence = "both filters look at the flags of clone()"
# prelude = "syscalls"
# without = ["filter"]
# holds = "raised PermissionError"
# falls = "returned won"

import os
import signal

NEW_USER = 0x10000000


def f(x):
    child = checked(libc.syscall(number(x86_64=56, aarch64=220), NEW_USER | signal.SIGCHLD, 0, 0, 0, 0))
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    return "won"
