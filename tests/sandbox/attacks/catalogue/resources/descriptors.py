# title = "opens files until there is no descriptor left"
# defence = "a limit of descriptors for each process"
# without = ["limits"]
# holds = "returned True"
# falls = "returned False"

import os


def f(x):
    opened = []
    try:
        while len(opened) < 100:
            opened.append(os.open("/dev/null", os.O_RDONLY))
    except OSError:
        pass
    for descriptor in opened:
        os.close(descriptor)
    return len(opened) < 64
