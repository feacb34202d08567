# title = "lets dead processes pile up, each of which keeps its number"
# defence = "the limit of processes, which counts them until somebody waits for them"
# without = ["limits"]
# holds = "returned True"
# falls = "returned False"
# wall_ms = 5000

import os


def f(x):
    dead = []
    try:
        while len(dead) < 40:
            if (pid := os.fork()) == 0:
                os._exit(0)
            dead.append(pid)
    except OSError:
        pass
    for pid in dead:
        os.waitpid(pid, 0)
    return len(dead) < 30
