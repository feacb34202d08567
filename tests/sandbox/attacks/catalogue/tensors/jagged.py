# title = "returns a tensor of rows of different lengths, which ends a process that takes it for a dense one"
# defence = "the layout is looked at first of all"
# without = ["layout first"]
# holds = "raised UnobservableError"
# falls = "crashed"
# wall_ms = 10000

import torch


def f(x):
    return torch.nested.nested_tensor([x], layout=torch.jagged)
