# title = "matches a pattern that tries every way to split a text"
# defence = "the time limit is kept by another process, whatever this one is doing"
# without = ["timer"]
# wall_ms = 500
# holds = "time limit"
# falls = "returned won"

import re


def f(x):
    re.match("(a+)+$", "a" * 24 + "b")
    return "won"
