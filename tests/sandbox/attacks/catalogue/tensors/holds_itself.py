# title = "returns a list that holds itself, and lets the reader go as deep as it likes"
# defence = "it is counted how deep a result nests"
# without = ["careful reading"]
# wall_ms = 500
# holds = "raised UnobservableError"
# falls = "time limit"

import sys

sys.setrecursionlimit(10**9)


def f(x):
    result = []
    result.append(result)
    return result
