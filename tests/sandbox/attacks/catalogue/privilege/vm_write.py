# title = "writes into the process that forks every later learner's"
# defence = "the filter refuses process_vm_writev(), and so do the other user and dumpable"
# prelude = "syscalls"
# without = ["filter", "user", "dumpable"]
# holds = "raised PermissionError"
# falls = "returned won"

import ctypes
import os


def f(x):
    # Its own bytes, at a place that is mapped in the other as well: what matters is that they may be written.
    place = id(int) + object.__basicsize__
    same = ctypes.create_string_buffer(ctypes.string_at(place, 8), 8)
    here = (ctypes.c_size_t * 2)(ctypes.addressof(same), 8)
    there = (ctypes.c_size_t * 2)(place, 8)
    return "won" if checked(libc.process_vm_writev(os.getppid(), here, 1, there, 1, 0)) == 8 else "lost"
