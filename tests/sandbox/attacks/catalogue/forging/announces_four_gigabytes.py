# title = "announces a frame of 4 GB, for which a reader would wait or make room"
# defence = "the first process reads the header, and passes on none that is longer than allowed"
# without = ["frame header"]
# holds = "crashed"
# falls = "lost cell"

import os

from sandbox.frames import RESULT_HEAD, RESULT_MAGIC, VERSION


def f(x):
    os.write(4, RESULT_HEAD.pack(RESULT_MAGIC, VERSION, 2**32 - 1))
    return "won"
