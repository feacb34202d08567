# title = "asks where the pages of the process that forked it lie"
# defence = "the filter refuses move_pages(), and so do the other user and dumpable"
# prelude = "syscalls"
# without = ["filter", "user", "dumpable"]
# holds = "raised PermissionError"
# falls = "returned won"

import ctypes
import os


def f(x):
    pages = (ctypes.c_void_p * 1)(id(None) & ~4095)
    status = (ctypes.c_int * 1)()
    checked(libc.syscall(number(x86_64=279, aarch64=239), os.getppid(), 1, pages, None, status, 0))
    return "won"
