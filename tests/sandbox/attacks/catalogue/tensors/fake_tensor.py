# title = "returns a tensor of a mode that only pretends to have values"
# defence = "its own device is looked at, with what a subclass says switched off"
# without = ["careful reading"]
# holds = "raised UnobservableError"
# falls = "crashed"
# wall_ms = 10000

import torch
from torch._subclasses.fake_tensor import FakeTensorMode


def f(x):
    with FakeTensorMode():
        return torch.empty(3)
