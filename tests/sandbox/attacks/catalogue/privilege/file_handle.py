# title = "opens a file by its number in the file system, past every directory before it"
# defence = "both filters refuse handles; no DAC_READ_SEARCH"
# prelude = "syscalls"
# without = ["filter", "user", "capability DAC_READ_SEARCH"]
# holds = "raised PermissionError"
# falls = "returned won"

import ctypes
import os


def f(x):
    handle = (ctypes.c_int * 40)(128)
    number = ctypes.c_int()
    checked(libc.name_to_handle_at(-100, b"/tmp", handle, ctypes.byref(number), 0))
    checked(libc.open_by_handle_at(os.open("/tmp", os.O_RDONLY), handle, os.O_RDONLY))
    return "won"
