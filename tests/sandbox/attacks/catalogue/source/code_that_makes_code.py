# title = "puts together, while it runs, the code that it must not contain"
# defence = "the right result is in no process of the answer's, so no word need be forbidden"
# without = ["comparing outside"]
# as = "verdict"
# checker = "forbidden words"
# holds = "verdict runtime error"
# falls = "verdict accepted"

maker = "def made(x):\n    return _ex" + "pected"
exec(maker)


def gradient(x):
    return made(x)
