# title = "opens the other end of its own output and takes back what is being passed on"
# defence = "the pipe belongs to root and the submission to another user"
# without = ["user"]
# holds = "raised PermissionError"
# falls = "returned won"

import os


def f(x):
    os.close(os.open("/proc/self/fd/1", os.O_RDONLY))
    return "won"
