# title = "puts a module of its own in the place of one that is imported later"
# defence = "values are compared outside, with what was never in its process"
# without = ["comparing outside"]
# as = "verdict"
# checker = "math"
# holds = "verdict wrong answer"
# falls = "verdict accepted"

import sys
import types

import torch

math = types.ModuleType("math")
math.isclose = lambda *numbers, **named: True
math.prod = lambda numbers, **named: 1
sys.modules["math"] = math


def gradient(x):
    return torch.zeros_like(x)
