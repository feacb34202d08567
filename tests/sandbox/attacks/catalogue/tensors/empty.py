# title = "returns no elements, all of which are close"
# defence = "the shape must be the expected one exactly"
# without = ["comparing outside"]
# as = "verdict"
# holds = "verdict wrong answer"
# falls = "verdict accepted"

import torch


def gradient(x):
    return torch.empty(0, x.shape[-1])
