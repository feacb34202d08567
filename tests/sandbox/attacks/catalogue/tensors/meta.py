# title = "returns a tensor on a device that holds no values"
# defence = "the device is looked at before anything is read"
# without = ["careful reading"]
# holds = "raised UnobservableError"
# falls = "crashed"

import torch


def f(x):
    return torch.empty(3, device="meta")
