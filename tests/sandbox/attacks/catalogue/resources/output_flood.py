# title = "prints without end"
# defence = "a limit of output, after which nothing is read any more"
# without = ["job limits"]
# holds = "output limit"
# falls = "lost cell"


def f(x):
    for _ in range(20_000):
        print("all work and no play")
    return "won"
