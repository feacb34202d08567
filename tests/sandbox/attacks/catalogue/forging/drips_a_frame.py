# title = "sends its result one byte at a time, to be waited for as long as something comes"
# defence = "the time limit holds for the whole run, however much comes meanwhile"
# without = ["timer"]
# holds = "time limit"
# falls = "returned won"
# wall_ms = 500

import os
import time

from sandbox.frames import pack_result


def f(x):
    for byte in pack_result({"trials": [{"result": "won"}], "failure": None}):
        os.write(4, bytes([byte]))
        time.sleep(0.015)
    os._exit(0)
