# title = "writes to standard output and standard error, to each less than the limit"
# defence = "one limit for all that is printed"
# without = ["job limits"]
# holds = "output limit"
# falls = "lost cell"

import sys


def f(x):
    for stream in (sys.stdout, sys.stderr):
        stream.write("x" * 40_000)
        stream.flush()
    return "won"
