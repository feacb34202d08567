# title = "makes packets of its bytes, of which whoever reads them two pipes on loses a part, and writes on from there"
# defence = "the filter refuses pipes of packets"
# without = ["filter"]
# holds = "raised PermissionError"
# falls = "lost cell"

import fcntl
import os
import time

from sandbox.frames import RESULT_HEAD, RESULT_MAGIC, VERSION

RESULT = 4
READ_AT_ONCE = 32 * 1024
"""By the engine, from the cell's standard output."""
PACKET = 4096


def one_that_is_cut():
    reading, writing = os.pipe()
    os.write(writing, bytes(READ_AT_ONCE - 12))
    fcntl.fcntl(writing, fcntl.F_SETFL, os.O_DIRECT)
    os.write(writing, bytes(PACKET))
    return reading


def f(x):
    pipes = [one_that_is_cut() for _ in range(8)]
    os.write(RESULT, RESULT_HEAD.pack(RESULT_MAGIC, VERSION, 7 << 20))
    for pipe in pipes:
        time.sleep(0.02)
        os.splice(pipe, RESULT, 1 << 20)  # in one piece: of the packet, 12 bytes are read and the rest is gone
        time.sleep(0.02)
        os.write(RESULT, bytes(PACKET))  # what is behind them is then taken for the next frame
