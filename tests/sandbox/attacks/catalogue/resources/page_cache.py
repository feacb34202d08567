# title = "has the kernel forget the files that every cell reads, so that they come from the disk again"
# defence = "both filters refuse fadvise64()"
# without = ["filter"]
# holds = "raised PermissionError"
# falls = "returned won"

import os

import torch


def f(x):
    file = os.open(torch.__file__, os.O_RDONLY)
    os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
    return "won"
