# title = "returns an object that equals everything"
# defence = "only tensors, numbers and text are read, as plain values"
# without = ["comparing outside"]
# as = "verdict"
# checker = "equality"
# holds = "verdict runtime error"
# falls = "verdict accepted"

class Equal:
    def __eq__(self, other):
        return self

    def all(self):
        return True


def gradient(x):
    return Equal()
