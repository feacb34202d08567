# title = "loads a filter that asks it what each system call should answer"
# defence = "the filter refuses seccomp()"
# prelude = "syscalls"
# without = ["filter"]
# holds = "raised PermissionError"
# falls = "returned won"

import ctypes

MODE_FILTER, NEW_LISTENER = 1, 8
ALLOW = (0x7FFF << 48) | 0x06


def f(x):
    program = (ctypes.c_uint64 * 1)(ALLOW)
    loaded = (ctypes.c_uint64 * 2)(1, ctypes.addressof(program))
    checked(libc.syscall(number(x86_64=317, aarch64=277), MODE_FILTER, NEW_LISTENER, loaded))
    return "won"
