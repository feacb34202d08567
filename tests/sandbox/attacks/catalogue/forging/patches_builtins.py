# title = "replaces the built-in functions that a comparison is written with"
# defence = "values are compared outside, with what was never in its process"
# without = ["comparing outside"]
# as = "verdict"
# checker = "numbers"
# holds = "verdict wrong answer"
# falls = "verdict accepted"

import builtins

import torch

builtins.abs = lambda number: 0.0
builtins.all = lambda items: True


def gradient(x):
    return torch.zeros_like(x)
