# title = "lets the interpreter go as deep as it likes in C, which overflows its stack"
# defence = "each answer has a process of its own, and its end is no verdict"
# without = ["comparing outside"]
# as = "verdict"
# holds = "verdict runtime error"
# falls = "no verdict"

import sys

sys.setrecursionlimit(10**9)


class Deep:
    def __getattr__(self, name):
        return getattr(self, name)


def gradient(x):
    return Deep().gradient
