# title = "asks to leave with success before anything is called"
# defence = "SystemExit is one more exception of the answer, and its status says nothing"
# without = ["comparing outside"]
# as = "verdict"
# checker = "exit status"
# holds = "verdict runtime error"
# falls = "verdict accepted"

import sys

sys.exit(0)


def gradient(x):
    return x
