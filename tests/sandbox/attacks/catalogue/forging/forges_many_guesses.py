# title = "writes one frame after another, each with another guess"
# defence = "the first complete frame counts, and no other"
# without = ["comparing outside"]
# as = "verdict"
# checker = "frames"
# holds = "verdict wrong answer"
# falls = "verdict accepted"

import os

from sandbox.frames import pack_result
from sandbox.values import TensorValue


def gradient(x):
    for factor in range(-8, 9):
        guess = TensorValue("float32", tuple(x.shape), (factor * x).numpy().tobytes())
        os.write(4, pack_result({"trials": [{"result": guess}] * 4, "failure": None}))
    os._exit(0)
