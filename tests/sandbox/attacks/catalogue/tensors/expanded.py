# title = "returns one number that claims to be four terabytes"
# defence = "the size is computed before anything is copied"
# without = ["careful reading"]
# holds = "raised UnobservableError"
# falls = "memory limit"

import torch


def f(x):
    return torch.zeros(()).expand(2**40)
