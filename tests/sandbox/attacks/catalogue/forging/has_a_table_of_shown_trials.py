# title = "looks its result up in a table of all trials that were ever shown"
# defence = "trials that score are hidden, and retired once shown"
# without = ["hidden trials"]
# as = "verdict"
# holds = "verdict wrong answer"
# falls = "verdict accepted"

import torch

PRINTED = {}


def gradient(x):
    right = PRINTED.get(x.numpy().tobytes())
    return torch.frombuffer(bytearray(right), dtype=x.dtype).reshape(x.shape) if right else torch.zeros_like(x)
