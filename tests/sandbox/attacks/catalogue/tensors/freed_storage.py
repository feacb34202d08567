# title = "returns a tensor whose memory it has given back"
# defence = "a tensor without memory is refused before it is read"
# without = ["careful reading"]
# holds = "raised UnobservableError"
# falls = "crashed"

import torch


def f(x):
    result = 2 * x
    result.untyped_storage().resize_(0)
    return result
