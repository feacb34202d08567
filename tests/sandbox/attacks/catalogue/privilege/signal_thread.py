# title = "signals a thread of the process that forked it, which no filter can tell from abort()"
# defence = "user ids: it is another user's"
# without = ["user"]
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


def f(x):
    signals = {"x86_64": 234, "aarch64": 131}
    parent = os.getppid()
    checked(libc.syscall(signals[os.uname().machine], parent, parent, signal.SIGCONT))
    return "won"
