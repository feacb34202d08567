# title = "locks a file that everyone reads, for the next one to wait for"
# defence = "the filter refuses flock()"
# without = ["filter"]
# holds = "raised PermissionError"
# falls = "returned won"

import fcntl
import os


def f(x):
    with open(os.__file__) as shared:
        fcntl.flock(shared, fcntl.LOCK_EX)
    return "won"
