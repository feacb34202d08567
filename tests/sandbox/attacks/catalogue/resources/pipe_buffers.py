# title = "keeps the kernel's memory in pipes of a MB each"
# defence = "the limit of descriptors, and the kernel's own limit for each user"
# without = ["limits"]
# holds = "returned True"
# falls = "returned False"

import fcntl
import os

SET_SIZE = 1031


def f(x):
    sizes = []
    try:
        while True:
            _, end = os.pipe()
            sizes.append(fcntl.fcntl(end, SET_SIZE, 1 << 20))
    except OSError:
        pass
    return sum(sizes) < 35 << 20
