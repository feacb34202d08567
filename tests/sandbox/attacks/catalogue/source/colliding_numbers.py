# title = "fills a set with numbers that all have the same hash"
# defence = "the time limit is kept by another process, whatever this one is doing"
# without = ["timer"]
# wall_ms = 500
# holds = "time limit"
# falls = "returned won"


def f(x):
    {n * (2**61 - 1) for n in range(11_000)}
    return "won"
