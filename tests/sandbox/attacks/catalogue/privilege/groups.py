# title = "joins the group of root and of disks"
# defence = "SETGID is gone with the user"
# without = ["user"]
# holds = "raised PermissionError"
# falls = "returned won"

import os


def f(x):
    os.setgroups([0, 6])
    return "won"
