# title = "becomes a daemon: a session, a group and standard streams of its own"
# defence = "processes are killed by their user, which they cannot change, and not by group or session"
# without = ["killing all"]
# holds = "returned done"
# falls = "lost cell"

import os
import signal
import time


def f(x):
    if (middle := os.fork()) == 0:
        os.setsid()
        if os.fork() == 0:
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
            os.closerange(0, 64)
            time.sleep(60)
        os._exit(0)
    os.waitpid(middle, 0)
    return "done"
