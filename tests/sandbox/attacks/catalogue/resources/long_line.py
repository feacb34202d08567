# title = "writes a line of 32 MB in a single system call"
# defence = "output is passed on in pieces and counted in bytes, never gathered by lines"
# without = ["job limits"]
# holds = "output limit"
# falls = "lost cell"
# wall_ms = 5000

import os


def f(x):
    line = memoryview(bytes(32 << 20))
    while line:
        line = line[os.write(1, line) :]
    return "won"
