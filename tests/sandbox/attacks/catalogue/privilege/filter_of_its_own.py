# title = "loads a filter that asks it what each system call should answer"
# defence = "the filter refuses seccomp()"
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


MODE_FILTER, NEW_LISTENER = 1, 8
ALLOW = (0x7FFF << 48) | 0x06


def f(x):
    calls = {"x86_64": 317, "aarch64": 277}
    program = (ctypes.c_uint64 * 1)(ALLOW)
    loaded = (ctypes.c_uint64 * 2)(1, ctypes.addressof(program))
    checked(libc.syscall(calls[os.uname().machine], MODE_FILTER, NEW_LISTENER, loaded))
    return "won"
