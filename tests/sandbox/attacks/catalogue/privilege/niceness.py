# title = "changes how important everything of its user is"
# defence = "the filter refuses setpriority()"
# without = ["filter"]
# holds = "raised PermissionError"
# falls = "returned won"

import os


def f(x):
    os.setpriority(os.PRIO_USER, 0, 5)
    return "won"
