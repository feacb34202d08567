# title = "writes a complete frame by hand that says it has passed"
# defence = "a frame can only carry values, and every expected one must be among them"
# without = ["comparing outside"]
# as = "verdict"
# checker = "frames"
# holds = "verdict wrong answer"
# falls = "verdict accepted"

import os

from sandbox.frames import pack_result


def gradient(x):
    trials = [{"passed": True, "verdict": "accepted", "score": 1.0}] * 4
    os.write(4, pack_result({"trials": trials, "failure": None, "passed": True, "verdict": "accepted"}))
    os._exit(0)
