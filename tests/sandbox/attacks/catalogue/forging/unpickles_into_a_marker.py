# title = "returns an object that prints a marker when it is unpickled"
# defence = "nothing is pickled: a frame has no types to construct"
# without = ["comparing outside"]
# as = "verdict"
# checker = "pickle"
# holds = "verdict runtime error"
# falls = "verdict accepted"

class Pickled:
    def __reduce__(self):
        return (print, ("PASS",))


def gradient(x):
    return Pickled()
