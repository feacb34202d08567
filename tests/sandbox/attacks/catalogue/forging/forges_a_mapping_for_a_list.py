# title = "writes a frame whose trials are a mapping instead of a list"
# defence = "the kind of everything in a frame is checked before it is used"
# without = ["comparing outside"]
# as = "verdict"
# checker = "frames"
# holds = "verdict runtime error"
# falls = "verdict accepted"

import os

from sandbox.frames import RESULT_HEAD, RESULT_MAGIC, VERSION
from sandbox.values import encode


def gradient(x):
    body = encode({"trials": {"first": {"second": [True, 1, "a"]}}, "failure": []})
    os.write(4, RESULT_HEAD.pack(RESULT_MAGIC, VERSION, len(body)) + body)
    os._exit(0)
