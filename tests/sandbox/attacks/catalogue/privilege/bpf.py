# title = "loads a program into the kernel"
# defence = "both filters refuse bpf(); no BPF"
# without = ["filter", "user", "capability SYS_ADMIN"]
# holds = "raised PermissionError"
# falls = "returned won"

import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)


def checked(result):
    if result == -1:
        raise OSError(ctypes.get_errno(), "refused")
    return result


MAP_CREATE, ARRAY = 0, 2


def f(x):
    calls = {"x86_64": 321, "aarch64": 280}
    table = (ctypes.c_uint32 * 18)(ARRAY, 4, 8, 1)
    checked(libc.syscall(calls[os.uname().machine], MAP_CREATE, table, ctypes.sizeof(table)))
    return "won"
