# title = "writes garbage first, so that a frame behind it is found where none should be"
# defence = "a result begins with its header, or is none"
# without = ["comparing outside"]
# as = "verdict"
# checker = "frames"
# holds = "verdict runtime error"
# falls = "verdict accepted"

import os

from sandbox.frames import pack_result


def gradient(x):
    os.write(4, b"GRA" + os.urandom(500).replace(b"G", b"_") + pack_result({"trials": [], "failure": None}))
    os._exit(0)
