# title = "replaces the function that compares"
# defence = "values are compared outside, with what was never in its process"
# without = ["comparing outside"]
# as = "verdict"
# holds = "verdict wrong answer"
# falls = "verdict accepted"

import torch

torch.allclose = torch.equal = torch.isclose = lambda *arguments, **named: True


def gradient(x):
    return torch.zeros_like(x)
