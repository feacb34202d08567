# title = "signals a thread of the first process, or of the one that forked it, by the call that abort() needs"
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
    for process in (1, os.getppid()):
        try:
            checked(libc.syscall(signals[os.uname().machine], process, process, signal.SIGCONT))
            return "won"
        except PermissionError as error:
            refused = error
    raise refused
