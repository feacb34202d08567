# title = "starts processes as fast as it can"
# defence = "a limit of processes that its own user id is counted by"
# without = ["limits"]
# holds = "returned True"
# falls = "returned False"
# wall_ms = 5000

import os
import time


def f(x):
    started = 0
    while started < 40:
        try:
            if os.fork() == 0:
                time.sleep(60)
                os._exit(0)
        except OSError:
            break
        started += 1
    return started < 30
