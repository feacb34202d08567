# title = "becomes the user of the next learner, to wait there and signal them"
# defence = "real, effective and saved user ids are changed before any source, and SETUID is gone with them"
# prelude = "syscalls"
# without = ["user"]
# holds = "raised PermissionError"
# falls = "returned won"

import os


def f(x):
    after = os.stat("/proc/self/task").st_uid + 100_007
    checked(libc.setresuid(after, after, after))
    return "won"
