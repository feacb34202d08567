# title = "stays in one call of C, which holds Python's lock, for longer than the time limit"
# defence = "the clock is watched by another process"
# without = ["job limits"]
# holds = "time limit"
# falls = "returned won"
# wall_ms = 500


def f(x):
    return "won" if sum(range(10**8)) else "lost"
