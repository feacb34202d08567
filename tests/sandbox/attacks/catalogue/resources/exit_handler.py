# title = "hangs in a handler that runs at exit"
# defence = "the result is sent first, and then the process leaves without running anything"
# without = ["sending first"]
# holds = "returned done"
# falls = "time limit"
# wall_ms = 1000

import atexit
import time


def f(x):
    atexit.register(time.sleep, 60)
    return "done"
