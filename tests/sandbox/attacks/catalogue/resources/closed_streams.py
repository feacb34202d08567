# title = "closes its result and its output and sleeps on, as if it had ended"
# defence = "a process has ended when its end is seen, not when its pipes are closed; until then the clock runs"
# without = ["job limits"]
# holds = "time limit"
# falls = "crashed"
# wall_ms = 500

import os
import time


def f(x):
    for descriptor in (4, 2, 1):
        os.close(descriptor)
    time.sleep(1)
    os._exit(0)
