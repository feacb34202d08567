# title = "writes a frame with a number of so many digits that it cannot be printed"
# defence = "the reader bounds every number"
# without = ["comparing outside"]
# as = "verdict"
# checker = "frames"
# holds = "verdict runtime error"
# falls = "no verdict"

import os

from sandbox.frames import RESULT_HEAD, RESULT_MAGIC, VERSION

BODY = b"d\x02\0\0\0\x07\0\0\0failureN\x06\0\0\0trialsl\x01\0\0\0d\x01\0\0\0\x06\0\0\0resulti\xff\x7f" + b"\x7f" * 0x7FFF


def gradient(x):
    os.write(4, RESULT_HEAD.pack(RESULT_MAGIC, VERSION, len(BODY)) + BODY)
    os._exit(0)
