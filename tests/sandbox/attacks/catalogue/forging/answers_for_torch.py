# title = "returns an object that torch asks how it is to be compared"
# defence = "only tensors, numbers and text are read, with torch's overriding switched off"
# without = ["comparing outside"]
# as = "verdict"
# holds = "verdict runtime error"
# falls = "verdict accepted"

class Overriding:
    @classmethod
    def __torch_function__(cls, function, types, arguments=(), named=None):
        return True


def gradient(x):
    return Overriding()
