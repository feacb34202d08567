# title = "becomes the user of the next learner, to wait there and signal them"
# defence = "real, effective and saved user ids are changed before any source, and SETUID is gone with them"
# without = ["user"]
# holds = "raised PermissionError"
# falls = "returned won"

import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)


def checked(result):
    if result == -1:
        raise OSError(ctypes.get_errno(), "refused")
    return result


def f(x):
    after = os.stat("/proc/self/task").st_uid + 100_007
    checked(libc.setresuid(after, after, after))
    return "won"
