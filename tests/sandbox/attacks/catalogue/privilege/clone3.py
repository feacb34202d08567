# title = "starts a process in a user namespace by the call whose flags no filter can see"
# defence = "both filters say that clone3() does not exist"
# prelude = "syscalls"
# without = ["filter"]
# holds = "raised OSError"
# falls = "returned won"

import ctypes
import os
import signal

CLONE3, NEW_USER = 435, 0x10000000


def f(x):
    arguments = (ctypes.c_uint64 * 11)()
    arguments[0], arguments[4] = NEW_USER, signal.SIGCHLD
    child = checked(libc.syscall(CLONE3, arguments, ctypes.sizeof(arguments)))
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    return "won"
