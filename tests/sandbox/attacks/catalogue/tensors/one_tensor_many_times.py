# title = "returns one large tensor a thousand times, at the cost of one"
# defence = "bytes are counted over the whole observation"
# without = ["careful reading"]
# wall_ms = 10000
# holds = "raised UnobservableError"
# falls = "memory limit"

import torch


def f(x):
    return [torch.zeros(2**20)] * 1000
