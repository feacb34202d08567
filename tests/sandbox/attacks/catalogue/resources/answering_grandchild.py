# title = "ends at once and has a grandchild hold its pipes and answer later"
# defence = "the end of the process itself is watched, not the end of its pipes"
# without = ["watching the process"]
# holds = "crashed"
# falls = "returned won"

import os
import time


def f(x):
    if os.fork():
        os._exit(0)
    time.sleep(0.5)
    return "won"
