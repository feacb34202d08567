# title = "counts what the processor does, and with it what others do"
# defence = "both filters refuse perf_event_open()"
# without = ["filter"]
# holds = "raised PermissionError"
# falls = "returned won"

import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)


def checked(result):
    if result == -1:
        raise OSError(ctypes.get_errno(), "refused")
    return result


SOFTWARE, SIZE, USER_ONLY = 1, 64, 1 << 5 | 1 << 6


def f(x):
    calls = {"x86_64": 298, "aarch64": 241}
    event = (ctypes.c_uint64 * 8)(SOFTWARE | SIZE << 32)
    event[5] = USER_ONLY
    checked(libc.syscall(calls[os.uname().machine], event, 0, -1, -1, 0))
    return "won"
