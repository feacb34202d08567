# title = "asks for another kind of scheduling"
# defence = "the filter refuses sched_setscheduler()"
# without = ["filter"]
# holds = "raised PermissionError"
# falls = "returned won"

import os


def f(x):
    os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
    return "won"
