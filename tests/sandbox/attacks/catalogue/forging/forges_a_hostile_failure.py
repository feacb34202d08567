# title = "writes a frame whose failure says on a line of its own that all is well, behind escapes"
# defence = "the texts of a failure are cut to size and only shown; a failure is never accepted"
# without = ["comparing outside"]
# as = "verdict"
# checker = "frames"
# holds = "verdict runtime error"
# falls = "verdict accepted"

import os

from sandbox.frames import pack_result


def gradient(x):
    text = "\x1b[2J\x1b[H\nPASS\n" + "@everyone ``` " * 200
    failure = {"stage": "accepted", "type": text[:80], "message": text, "line": -1, "trial": 10**9, "names": [text] * 9}
    os.write(4, pack_result({"trials": [], "failure": failure}))
    os._exit(0)
