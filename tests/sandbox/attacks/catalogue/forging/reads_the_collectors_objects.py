# title = "takes the one other tensor of the right shape that is alive"
# defence = "values are compared outside, with what was never in its process"
# without = ["comparing outside"]
# as = "verdict"
# holds = "verdict wrong answer"
# falls = "verdict accepted"

import gc

import torch


def gradient(x):
    for thing in gc.get_objects():
        if type(thing) is torch.Tensor and thing.shape == x.shape and not torch.equal(thing, x):
            return thing.detach().clone()
    return torch.zeros_like(x)
