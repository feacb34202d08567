# title = "maps a TiB for which nothing is set aside"
# defence = "a limit of address space, which does not ask what is behind it"
# without = ["limits"]
# holds = "raised OSError"
# falls = "returned won"

import mmap

NORESERVE = 0x4000


def f(x):
    mmap.mmap(-1, 1 << 40, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | NORESERVE)
    return "won"
