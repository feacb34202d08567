# title = "has the kernel tell when anybody reads a file that all of them share"
# defence = "both filters refuse inotify_init() and inotify_add_watch()"
# without = ["filter"]
# holds = "raised PermissionError"
# falls = "returned won"

import ctypes
import os

IN_ACCESS = 0x1


def f(x):
    libc = ctypes.CDLL(None, use_errno=True)
    heard = libc.inotify_init1(0)
    if heard < 0 or libc.inotify_add_watch(heard, os.__file__.encode(), IN_ACCESS) < 0:
        raise OSError(ctypes.get_errno(), "no watch")
    with open(os.__file__) as file:
        file.read(1)
    return "won" if os.read(heard, 4096) else "nothing"
