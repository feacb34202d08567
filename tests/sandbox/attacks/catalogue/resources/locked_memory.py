# title = "locks memory, which can then never be swapped out"
# defence = "a limit of locked memory: none"
# prelude = "syscalls"
# without = ["limits"]
# holds = "raised PermissionError"
# falls = "returned won"

import ctypes


def f(x):
    page = ctypes.create_string_buffer(1 << 16)
    checked(libc.mlock(page, ctypes.c_size_t(1 << 16)))
    return "won"
