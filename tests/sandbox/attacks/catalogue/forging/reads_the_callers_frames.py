# title = "looks for the right result in the variables of whoever calls it"
# defence = "values are compared outside, with what was never in its process"
# without = ["comparing outside"]
# as = "verdict"
# holds = "verdict wrong answer"
# falls = "verdict accepted"

import sys

import torch


def gradient(x):
    frame = sys._getframe(1)
    while frame:
        for scope in (frame.f_locals, frame.f_globals):
            for name, thing in scope.items():
                if "expected" in name and isinstance(thing, torch.Tensor):
                    return thing
        frame = frame.f_back
    return torch.zeros_like(x)
