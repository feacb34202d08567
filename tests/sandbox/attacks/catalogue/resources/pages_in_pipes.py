# title = "puts pages into a pipe and unmaps them: memory that is in no address space"
# defence = "both filters refuse vmsplice()"
# prelude = "syscalls"
# without = ["filter"]
# holds = "raised PermissionError"
# falls = "returned won"

import ctypes
import mmap
import os


def f(x):
    _, end = os.pipe()
    for _ in range(8):
        page = mmap.mmap(-1, mmap.PAGESIZE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        page[:] = b"x" * mmap.PAGESIZE
        held = ctypes.c_char.from_buffer(page)
        vector = (ctypes.c_size_t * 2)(ctypes.addressof(held), mmap.PAGESIZE)
        checked(libc.vmsplice(end, vector, ctypes.c_size_t(1), 0))
        del held
        page.close()
    return "won"
