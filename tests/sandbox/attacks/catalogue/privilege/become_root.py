# title = "takes back the root it was started as"
# defence = "real, effective and saved user ids are all changed"
# without = ["saved user"]
# holds = "raised PermissionError"
# falls = "returned won"

import os


def f(x):
    os.setresuid(0, 0, 0)
    return "won"
