# title = "puts pages into a pipe and unmaps them: memory that is in no address space"
# defence = "both filters refuse vmsplice()"
# without = ["filter"]
# holds = "raised PermissionError"
# falls = "returned won"

import ctypes
import mmap
import os


def f(x):
    libc = ctypes.CDLL(None, use_errno=True)
    _, end = os.pipe()
    for _ in range(8):
        page = mmap.mmap(-1, mmap.PAGESIZE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        page[:] = b"x" * mmap.PAGESIZE
        held = ctypes.c_char.from_buffer(page)
        vector = (ctypes.c_size_t * 2)(ctypes.addressof(held), mmap.PAGESIZE)
        if libc.vmsplice(end, vector, ctypes.c_size_t(1), 0) < 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        del held
        page.close()
    return "won"
