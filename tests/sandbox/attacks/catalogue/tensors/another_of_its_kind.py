# title = "calls itself one of numpy's, and says that its number is another of these"
# defence = "each step of converting counts as one of nesting"
# without = ["careful reading"]
# wall_ms = 500
# holds = "raised UnobservableError"
# falls = "time limit"

import sys

sys.setrecursionlimit(10**9)


class Number:
    def item(self):
        return Number()


Number.__module__ = "numpy"


def f(x):
    return Number()
