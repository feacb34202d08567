# title = "lowers a limit of the first process, or of the one that forked it"
# defence = "the filter refuses prlimit() of others; user ids confine it"
# without = ["filter", "user"]
# holds = "raised PermissionError"
# falls = "returned won"

import os
import resource


def f(x):
    for process in (1, os.getppid()):
        try:
            resource.prlimit(process, resource.RLIMIT_CORE, (0, 0))
            return "won"
        except PermissionError as error:
            refused = error
    raise refused
