# title = "opens pseudo terminals, whose buffers count against no limit, whose number and drivers are the whole host's"
# defence = "the place where they are made is closed before any child is forked"
# without = ["closed places"]
# holds = ["raised PermissionError", "raised FileNotFoundError"]
# falls = "returned won"

import os


def f(x):
    os.close(os.open("/dev/ptmx", os.O_RDWR | os.O_NOCTTY))
    return "won"
