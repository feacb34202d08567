# title = "reads what other processes were given in their environment"
# defence = "they are root's and not dumpable, the learner neither"
# without = ["user", "dumpable"]
# holds = "raised PermissionError"
# falls = "returned won"

import os


def f(x):
    for process in os.listdir("/proc"):
        if process.isdecimal() and int(process) != os.getpid():
            with open(f"/proc/{process}/environ") as environment:
                environment.read()
    return "won"
