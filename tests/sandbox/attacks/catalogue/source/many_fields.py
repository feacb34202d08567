# title = "has a text of thirty-five thousand fields compiled, which takes the square of their number"
# defence = "the time limit is kept by another process, whatever this one is doing"
# without = ["timer"]
# wall_ms = 500
# holds = "time limit"
# falls = "returned won"


def f(x):
    compile("f'" + "{x}" * 35_000 + "'", "built", "eval")
    return "won"
