# title = "leaves the process with the status of success while it is being called"
# defence = "a status is no verdict: only a complete result is compared"
# without = ["comparing outside"]
# as = "verdict"
# checker = "exit status"
# holds = "verdict runtime error"
# falls = "verdict accepted"

import os


def gradient(x):
    os._exit(0)
