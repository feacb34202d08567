# title = "leaves a process behind whose parent has ended, with its output still open"
# defence = "every process of the submission's user is killed, whoever its parent is; the answer waits for no pipe"
# without = ["killing all"]
# holds = "returned done"
# falls = "lost cell"

import os
import time


def f(x):
    if (middle := os.fork()) == 0:
        if os.fork() == 0:
            time.sleep(60)
        os._exit(0)
    os.waitpid(middle, 0)
    return "done"
