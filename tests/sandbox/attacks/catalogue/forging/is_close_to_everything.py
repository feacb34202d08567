# title = "returns numbers whose distance from everything is less than anything"
# defence = "only tensors, numbers and text are read, as plain values"
# without = ["comparing outside"]
# as = "verdict"
# checker = "numbers"
# holds = "verdict runtime error"
# falls = "verdict accepted"

class Close:
    def __sub__(self, other):
        return self

    __rsub__ = __sub__

    def __abs__(self):
        return self

    def __lt__(self, other):
        return True

    __le__ = __lt__


def gradient(x):
    return [Close(), Close(), Close()]
