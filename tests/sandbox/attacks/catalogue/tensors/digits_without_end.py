# title = "returns a number of so many digits that no frame holds it, so that nothing is reported"
# defence = "what cannot be sent is refused by name, before it is written"
# without = ["careful reading"]
# holds = "raised UnobservableError"
# falls = "raised FrameError"


def f(x):
    return 1 << 10**6
