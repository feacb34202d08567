# title = "signals the first process through a descriptor of it"
# defence = "the filter refuses pidfd_open() and pidfd_send_signal(); user ids confine it"
# without = ["filter", "user"]
# holds = "raised PermissionError"
# falls = "returned won"

import os
import signal


def f(x):
    signal.pidfd_send_signal(os.pidfd_open(1), signal.SIGCONT)
    return "won"
