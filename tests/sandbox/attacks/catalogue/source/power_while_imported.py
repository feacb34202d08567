# title = "computes a power of millions of digits where the answer is defined, before it is called"
# defence = "the time limit is kept by another process, whatever this one is doing"
# without = ["timer"]
# wall_ms = 500
# holds = "time limit"
# falls = "returned won"

base = 7
HUGE = base ** (3 * 10**6)


def f(x):
    return "won"
