# title = "writes a frame of lists nested deeper than a reader can go"
# defence = "the reader counts how deep it is"
# without = ["comparing outside"]
# as = "verdict"
# checker = "frames"
# holds = "verdict runtime error"
# falls = "no verdict"

import os

from sandbox.frames import RESULT_HEAD, RESULT_MAGIC, VERSION

DEEP = b"d\x01\0\0\0\x06\0\0\0trials" + b"l\x01\0\0\0" * 10_000 + b"N"


def gradient(x):
    os.write(4, RESULT_HEAD.pack(RESULT_MAGIC, VERSION, len(DEEP)) + DEEP)
    os._exit(0)
