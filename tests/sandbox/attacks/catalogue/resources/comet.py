# title = "hops from process to process, so that whoever reads a list of them comes too late"
# defence = "all are killed in one call to the kernel, which lets none of them fork meanwhile"
# without = ["killing all"]
# holds = "returned done"
# falls = "lost cell"

import os
import time


def f(x):
    if os.fork():
        return "done"
    while True:
        try:
            if os.fork():
                os._exit(0)
        except OSError:
            time.sleep(0.001)
