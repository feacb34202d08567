# title = "burns processor time in processes of its own, while it sleeps"
# defence = "a time limit that counts sleep and ends them all"
# without = ["job limits"]
# holds = "time limit"
# falls = "returned won"
# wall_ms = 500

import os
import time


def f(x):
    until = time.monotonic() + 1
    burning = []
    for _ in range(6):
        if (pid := os.fork()) == 0:
            while time.monotonic() < until:
                pass
            os._exit(0)
        burning.append(pid)
    for pid in burning:
        os.waitpid(pid, 0)
    return "won"
