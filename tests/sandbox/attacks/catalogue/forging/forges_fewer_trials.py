# title = "writes a frame with the one trial it is sure of"
# defence = "a trial that did not come is a wrong one"
# without = ["every trial"]
# as = "verdict"
# holds = "verdict wrong answer"
# falls = "verdict accepted"

import os

from sandbox.frames import pack_result
from sandbox.values import TensorValue


def gradient(x):
    right = TensorValue("float32", tuple(x.shape), (2 * x).numpy().tobytes())
    os.write(4, pack_result({"trials": [{"result": right}], "failure": None}))
    os._exit(0)
