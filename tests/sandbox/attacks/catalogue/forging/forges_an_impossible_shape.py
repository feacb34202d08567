# title = "writes a frame with a tensor without elements whose shape no library can make"
# defence = "shapes are compared as numbers, before anything is made of them"
# without = ["comparing outside"]
# as = "verdict"
# checker = "frames"
# holds = "verdict wrong answer"
# falls = "no verdict"

import os

from sandbox.frames import pack_result
from sandbox.values import TensorValue


def gradient(x):
    os.write(4, pack_result({"trials": [{"result": TensorValue("float32", (2**62, 2**62, 0), b"")}] * 4, "failure": None}))
    os._exit(0)
