# title = "lowers a limit of the process that forked it"
# defence = "the filter refuses prlimit() of others; user ids confine it"
# without = ["filter", "user"]
# holds = "raised PermissionError"
# falls = "returned won"

import os
import resource


def f(x):
    resource.prlimit(os.getppid(), resource.RLIMIT_CORE, (0, 0))
    return "won"
