# title = "makes a file of a PiB that has no blocks yet, in memory"
# defence = "a limit of file sizes, which holds for files without a name"
# without = ["limits"]
# holds = "raised OSError"
# falls = "returned won"

import os


def f(x):
    file = os.memfd_create("huge")
    os.ftruncate(file, 1 << 50)
    return "won"
