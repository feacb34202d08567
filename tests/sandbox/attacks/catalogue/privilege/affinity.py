# title = "binds itself to the processor of its choice"
# defence = "the filter refuses sched_setaffinity()"
# without = ["filter"]
# holds = "raised PermissionError"
# falls = "returned won"

import os


def f(x):
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    return "won"
