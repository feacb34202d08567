# title = "writes a frame with as many trials as asked, of observations that nobody asked for"
# defence = "what is compared goes by what is expected, not by what came"
# without = ["comparing outside"]
# as = "verdict"
# checker = "frames"
# holds = "verdict wrong answer"
# falls = "verdict accepted"

import os

from sandbox.frames import pack_result
from sandbox.values import TensorValue


def gradient(x):
    observed = TensorValue("float32", tuple(x.shape), x.numpy().tobytes())
    os.write(4, pack_result({"trials": [{"is_leaf": True, "grad": observed}] * 4, "failure": None}))
    os._exit(0)
