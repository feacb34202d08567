# title = "signals every process there is"
# defence = "the filter refuses kill(); user ids confine it"
# without = ["filter", "user"]
# holds = "raised PermissionError"
# falls = "returned won"

import os
import signal


def f(x):
    os.kill(-1, signal.SIGCONT)
    return "won"
