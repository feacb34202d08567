# title = "starts a process in a user namespace of its own"
# defence = "both filters look at the flags of clone()"
# without = ["filter"]
# holds = "raised PermissionError"
# falls = "returned won"

import ctypes
import os
import signal

libc = ctypes.CDLL(None, use_errno=True)


def checked(result):
    if result == -1:
        raise OSError(ctypes.get_errno(), "refused")
    return result


NEW_USER = 0x10000000


def f(x):
    calls = {"x86_64": 56, "aarch64": 220}
    child = checked(libc.syscall(calls[os.uname().machine], NEW_USER | signal.SIGCHLD, 0, 0, 0, 0))
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    return "won"
