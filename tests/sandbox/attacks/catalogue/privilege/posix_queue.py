# title = "leaves a POSIX message queue behind"
# defence = "both filters refuse mq_open(), and /dev/mqueue is not writable"
# without = ["filter", "closed places"]
# holds = "raised PermissionError"
# falls = "returned won"

import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)


def checked(result):
    if result == -1:
        raise OSError(ctypes.get_errno(), "refused")
    return result


def f(x):
    calls = {"x86_64": 240, "aarch64": 180}
    checked(libc.syscall(calls[os.uname().machine], b"left", os.O_CREAT | os.O_RDWR, 0o666, None))
    return "won"
