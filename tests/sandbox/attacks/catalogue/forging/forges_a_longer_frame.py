# title = "announces more bytes than it sends, and leaves"
# defence = "a frame counts once it is complete"
# without = ["comparing outside"]
# as = "verdict"
# checker = "frames"
# holds = "verdict runtime error"
# falls = "verdict accepted"

import os

from sandbox.frames import RESULT_HEAD, RESULT_MAGIC, VERSION
from sandbox.values import encode


def gradient(x):
    body = encode({"trials": [], "failure": None})
    os.write(4, RESULT_HEAD.pack(RESULT_MAGIC, VERSION, len(body) + 1000) + body)
    os._exit(0)
